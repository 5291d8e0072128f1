/**
 * Deformable sampling: features of many maps at free places, weighted and
 * summed (Zhu et al. 2021, Deformable DETR), of plain operations only.
 *
 * Source: MultiScaleDeformableAttnFunction of mmcv 1.6 (ops/
 * multi_scale_deform_attn.py), which samples like torch's grid_sample with
 * zeros outside and align_corners false.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";

/** Cells of a map. */
export interface MapSize {
  /** Rows. */
  height: number;
  /** Columns. */
  width: number;
}

/** Cells of all maps of one image. */
export function cellsOf(sizes: readonly MapSize[]): number {
  return sizes.reduce((sum, { height, width }) => sum + height * width, 0);
}

/** The four cells around each of M places. */
export interface Taps {
  /** [M, 4] int32 row-major cell; 0 to h·w − 1 also where it lies outside. */
  cells: tf.Tensor2D;
  /** [M, 4] bilinear weights, 0 outside of the map. */
  weights: tf.Tensor2D;
}

/**
 * What bilinear sampling reads of one map.
 * @param places [M, 2] x, y as shares of the map's extent.
 */
export function bilinearTaps(
  places: tf.Tensor2D,
  { height, width }: MapSize,
): Taps {
  const [x, y] = tf.split(places, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  const [across, down] = [axisTaps(x, width), axisTaps(y, height)];
  const M = places.shape[0];
  const rows = tf.mul(tf.reshape(down.cells, [M, 2, 1]), width);
  const cells = tf.add(rows, tf.reshape(across.cells, [M, 1, 2]));
  const weights = tf.mul(
    tf.reshape(down.weights, [M, 2, 1]),
    tf.reshape(across.weights, [M, 1, 2]),
  );
  return {
    cells: tf.cast(tf.reshape(cells, [M, 4]), "int32") as tf.Tensor2D,
    weights: tf.reshape(weights, [M, 4]),
  };
}

/** Both neighbours [M, 2] of places [M, 1] along an axis. */
function axisTaps(place: tf.Tensor2D, size: number) {
  // From −1 on and from `size` on, both neighbours are outside or weigh 0.
  const at = tf.clipByValue(tf.sub(tf.mul(place, size), 0.5), -1, size);
  const before = tf.floor(at);
  const share = tf.sub(at, before);
  const both = tf.concat([before, tf.add(before, 1)], 1);
  const cells = tf.clipByValue(both, 0, size - 1);
  const inside = tf.cast(tf.equal(both, cells), "float32");
  const weights = tf.concat([tf.sub(1, share), share], 1);
  return { cells, weights: tf.mul(weights, inside) };
}

/**
 * Σₖ weights[m, g, k] · table[rows[m, k]] for the channels of group g,
 * [m, C]. The gathered rows, the largest tensor by far, are gathered again
 * for the gradient instead of being kept.
 *
 * @param table [R, C]
 * @param rows [m, K] int32
 * @param weights [m, G, K], of G equal groups of channels.
 */
export function weightedRows(
  table: tf.Tensor2D,
  rows: tf.Tensor2D,
  weights: tf.Tensor3D,
): tf.Tensor2D {
  const [R, C] = table.shape;
  const [m, K] = rows.shape;
  const groups = weights.shape[1];
  const sum = tf.customGrad((...args) => {
    const [table, weights] = args as tf.Tensor[] as [tf.Tensor2D, tf.Tensor3D];
    const save = args[2] as unknown as tf.GradSaveFunc;
    const own = groupMask(groups, C);
    save([table, weights, rows, own]);
    // All groups' sums of all channels are one product; each keeps its own.
    const sums = tf.matMul(weights, tf.gather(table, rows));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [table, weights, rows, own] = saved as [
        tf.Tensor2D,
        tf.Tensor3D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const each = tf.mul(tf.reshape(dy, [m, 1, C]), own) as tf.Tensor3D;
      const gathered: tf.Tensor = tf.gather(table, rows);
      const spread = tf.matMul(weights, each, true, false);
      return [
        tf.unsortedSegmentSum(
          tf.reshape(spread, [m * K, C]),
          tf.reshape(rows, [m * K]) as tf.Tensor1D,
          R,
        ),
        tf.matMul(each, gathered, false, true),
      ];
    };
    return { value: tf.sum(tf.mul(sums, own), 1), gradFunc };
  });
  return sum(table, weights) as tf.Tensor2D;
}

/** [G, C] 1 where a channel belongs to a group. */
function groupMask(groups: number, channels: number): tf.Tensor2D {
  const width = channels / groups;
  const own = Float32Array.from(
    { length: groups * channels },
    (_, i) =>
      Math.floor(i % channels / width) === Math.floor(i / channels) ? 1 : 0,
  );
  return tf.tensor2d(own, [groups, channels]);
}

/** What {@linkcode deformableSum} sums; n queries, P points, L maps. */
export interface DeformableInputs {
  /** [B, N, T, C]: the maps of N images one after the other, row-major. */
  features: tf.Tensor;
  /** Of the L maps, whose cells are T. */
  sizes: readonly MapSize[];
  /** [B, n, P, N, 2] x, y as shares of an image. */
  places: tf.Tensor;
  /** [B, n, G, N, L, P] */
  weights: tf.Tensor;
}

/**
 * Σ over images, maps and points of weight · feature at the place → [B, n,
 * C]. Group g of G has channels g·C/G to (g + 1)·C/G − 1.
 */
export function deformableSum(
  { features, sizes, places, weights }: DeformableInputs,
): tf.Tensor3D {
  const [B, N, T, C] = features.shape as [number, number, number, number];
  const [, n, P] = places.shape as [number, number, number];
  const table = tf.reshape(features, [B * N * T, C]) as tf.Tensor2D;
  const flat = tf.reshape(places, [B * n * P * N, 2]) as tf.Tensor2D;
  let start = 0;
  const sums = sizes.map((size, level) => {
    const taps = bilinearTaps(flat, size);
    const first = firstRows(B, N, T, start);
    const rows = tf.add(tf.reshape(taps.cells, [B, n * P, N, 4]), first);
    start += size.height * size.width;
    return weightedRows(
      table,
      tf.reshape(rows, [B * n, P * N * 4]) as tf.Tensor2D,
      tapWeights(levelWeights(weights, level), taps.weights),
    );
  });
  return tf.reshape(tf.addN(sums), [B, n, C]) as tf.Tensor3D;
}

/** [B, 1, N, 1] int32 row of a map's first cell. */
function firstRows(
  B: number,
  N: number,
  T: number,
  start: number,
): tf.Tensor {
  const rows = Array.from({ length: B * N }, (_, i) => i * T + start);
  return tf.tensor(rows, [B, 1, N, 1], "int32");
}

/** [B, n, G, N, L, P] → [B·n, G, P·N] of one map. */
function levelWeights(weights: tf.Tensor, level: number): tf.Tensor3D {
  const [B, n, G, N, L, P] = weights.shape as number[] as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  const parts = tf.reshape(weights, [B * n * G, N, L, P]);
  const own = tf.slice(parts, [0, 0, level, 0], [B * n * G, N, 1, P]);
  const points = tf.reshape(own, [B * n, G, N, P]);
  return tf.reshape(tf.transpose(points, [0, 1, 3, 2]), [B * n, G, P * N]);
}

/** Weights [m, G, k] of places times those of their taps → [m, G, 4·k]. */
function tapWeights(places: tf.Tensor3D, taps: tf.Tensor2D): tf.Tensor3D {
  const [m, G, k] = places.shape;
  const product = tf.mul(
    tf.reshape(places, [m, G, k, 1]),
    tf.reshape(taps, [m, 1, k, 4]),
  );
  return tf.reshape(product, [m, G, 4 * k]);
}
