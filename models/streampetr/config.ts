/**
 * The sizes and constants of a StreamPETR head, named as in the paper.
 * @module
 */

/** Settings of the head; lengths are metres, image sizes pixels. */
export interface HeadConfig {
  /** Prefix of all parameter names. */
  name: string;
  /** C, the width of queries and tokens. */
  embedDims: number;
  /** Channels of the image features, where they are not C. */
  inChannels?: number;
  /** K, object classes; scores are independent sigmoids, without background. */
  classes: number;
  /** Attention heads. */
  heads: number;
  /** L, decoder layers. */
  layers: number;
  /** Hidden width of a decoder layer's feed-forward net. */
  feedforward: number;
  /** Q, learned queries. */
  queries: number;
  /** P, queries taken over from the memory. */
  propagated: number;
  /** M, memory rows that a frame sees; 0 for heads that have no memory. */
  memory: number;
  /** K, queries that a frame puts into the memory. */
  topk: number;
  /** pc_range: x, y, z minimum, then maximum; centres are decoded in it. */
  pcRange: readonly number[];
  /** position_range of the frustum's points. */
  positionRange: readonly number[];
  /** D, depth bins of the frustum. */
  depthBins: number;
  /** Depth of the first bin in metres, from the camera. */
  depthStart: number;
  /** Pixels between tokens. */
  stride: number;
  /** Size of the (padded) input image. */
  imageHeight: number;
  /** Pixels, like the height: what the model sees, after resize and crop. */
  imageWidth: number;
  /** Weights of a box code's ten numbers in the L1 loss. */
  codeWeights: readonly number[];
  /** Rate in self-attention, residual branches and feed-forward nets. */
  dropout: number;
  /** Dropout of cross-attention weights; flash attention of the reference has none. */
  crossAttentionDropout: number;
  /**
   * What queries hold at first: nothing, as in the reference, or their own
   * position code.
   */
  queryContent: "zeros" | "position";
  /**
   * How images and space meet: tokens on rays (the default), or points
   * projected into the images.
   */
  geometry?: "rays" | "projections";
  /** with_cp: decoder layers keep no inner values where the pass allows. */
  checkpoint?: boolean;
}

/** StreamPETR R50 704 with 644 + 256 queries. */
export const R50_704: HeadConfig = {
  name: "pts_bbox_head",
  embedDims: 256,
  classes: 10,
  heads: 8,
  layers: 6,
  feedforward: 2048,
  queries: 644,
  propagated: 256,
  memory: 1024,
  topk: 256,
  pcRange: [-51.2, -51.2, -5, 51.2, 51.2, 3],
  positionRange: [-61.2, -61.2, -10, 61.2, 61.2, 10],
  depthBins: 64,
  depthStart: 1,
  stride: 16,
  imageHeight: 256,
  imageWidth: 704,
  codeWeights: [2, 2, 1, 1, 1, 1, 1, 1, 1, 1],
  dropout: 0.1,
  crossAttentionDropout: 0,
  queryContent: "zeros",
};

/**
 * Checks that sizes fit together.
 * @throws {RangeError} naming the field, its value and what it must be.
 */
export function checkHead(config: HeadConfig): void {
  const { embedDims, heads, queries, propagated, memory, topk } = config;
  const demand = (fits: boolean, field: keyof HeadConfig, wanted: string) => {
    if (fits) return;
    throw new RangeError(
      `Head config: ${field} is ${config[field]}, expected ${wanted}`,
    );
  };
  demand(embedDims % 4 === 0, "embedDims", "a multiple of 4");
  demand(embedDims % heads === 0, "heads", `a divisor of ${embedDims}`);
  demand(config.layers >= 1, "layers", "at least 1");
  demand(propagated <= memory, "propagated", `at most memory, ${memory}`);
  const remembers = memory > 0;
  demand(
    remembers ? topk >= 1 : topk === 0,
    "topk",
    remembers ? "at least 1" : "0 without memory",
  );
  const all = queries + propagated;
  demand(topk <= all, "topk", `at most queries + propagated, ${all}`);
  demand(
    config.depthBins >= CONE_BIN_FROM_END,
    "depthBins",
    `at least ${CONE_BIN_FROM_END}, the bins that the cone looks at`,
  );
  demand(config.codeWeights.length === 10, "codeWeights", "10 numbers");
}

/** Bin of the cone's second point, counted from the end (slice −90:−87). */
export const CONE_BIN_FROM_END = 30;

/** Minimum and extent of a range, three numbers each. */
export function rangeOf(range: readonly number[]): {
  minimum: number[];
  extent: number[];
} {
  const minimum = range.slice(0, 3);
  const extent = minimum.map((low, i) => range[i + 3]! - low);
  return { minimum, extent };
}
