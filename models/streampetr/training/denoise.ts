/**
 * Query denoising (Li et al. 2022, DN-DETR; Zhang et al. 2022, DINO): some
 * decoder queries start at noised ground truth and are to find it again.
 *
 * Source: prepare_for_dn of exiawsh/StreamPETR (streampetr_head.py). There
 * the number of queries follows the frame; here every group has `bucket`
 * rows, so that shapes never change, and rows beyond the largest sample of
 * the batch are hidden from all others (see mask.ts): results are equal.
 * @module
 */
import {
  CODE_SIZE,
  encodeBoxes,
  type GroundTruth,
  writeTarget,
} from "./codes.ts";

/** Settings of denoising. */
export interface DenoisingConfig {
  /** Noised copies of a frame's objects. */
  groups: number;
  /** Rows of a group: objects of a frame beyond it get no query. */
  bucket: number;
  /** Largest shift of a centre, as a share of half the size. */
  noiseScale: number;
  /** Added to half the size, metres. */
  noiseTranslation?: number;
  /** Shifts (of noise scale 1) longer than this make an example negative. */
  split: number;
}

/** Denoising of one batch: D = groups · bucket rows, group after group. */
export interface Denoising {
  /** [B, D, 3] noised centres in [0, 1] of the range; unused rows are 0. */
  referencePoints: Float32Array;
  /** [D] 1 for rows that no sample of the batch uses. */
  padding: Float32Array;
  /** [B, D] class; `classes` for negative examples, −1 for unused rows. */
  labels: Int32Array;
  /** [B, D, 10] codes of the true boxes. */
  boxes: Float32Array;
  /** [B, D] 1 where the box counts. */
  weights: Float32Array;
  /** Rows in use, over all samples. */
  count: number;
}

/**
 * Draws the denoising queries of a batch.
 *
 * @param range x, y, z minimum, then maximum, metres.
 * @param classes the label of negative examples.
 * @param uniform [0, 1) numbers: three an example, group by group, in each
 *   sample by sample, in each object by object.
 */
export function prepareDenoising(
  samples: readonly GroundTruth[],
  config: DenoisingConfig,
  range: readonly number[],
  classes: number,
  uniform: () => number,
): Denoising {
  const { groups, bucket } = config;
  const rows = groups * bucket;
  const sizes = samples.map(({ labels }) => Math.min(labels.length, bucket));
  const out: Denoising = {
    referencePoints: new Float32Array(samples.length * rows * 3),
    padding: new Float32Array(rows),
    labels: new Int32Array(samples.length * rows).fill(-1),
    boxes: new Float32Array(samples.length * rows * CODE_SIZE),
    weights: new Float32Array(samples.length * rows),
    count: groups * sizes.reduce((sum, size) => sum + size, 0),
  };
  const used = Math.max(0, ...sizes);
  const codes = samples.map(({ boxes }) => encodeBoxes(boxes));
  for (let group = 0; group < groups; group++) {
    out.padding.fill(1, group * bucket + used, (group + 1) * bucket);
    samples.forEach(({ boxes, labels }, b) => {
      for (let i = 0; i < sizes[b]!; i++) {
        const row = b * rows + group * bucket + i;
        const centre = out.referencePoints.subarray(row * 3, row * 3 + 3);
        const shift = moveCentre(centre, boxes[i]!, config, range, uniform);
        const negative = config.noiseScale > 0 && shift > config.split;
        out.labels[row] = negative ? classes : labels[i]!;
        writeTarget(codes[b]!, i, out.boxes, out.weights, row);
      }
    });
  }
  return out;
}

/** Writes a noised centre; returns how far of its box it went. */
function moveCentre(
  centre: Float32Array,
  box: ArrayLike<number>,
  { noiseScale, noiseTranslation = 0 }: DenoisingConfig,
  range: readonly number[],
  uniform: () => number,
): number {
  let square = 0;
  for (let axis = 0; axis < 3; axis++) {
    const u = 2 * uniform() - 1;
    // Sizes apply along the LiDAR's axes, whatever the yaw.
    const reach = (box[3 + axis]! / 2 + noiseTranslation) * noiseScale;
    const [low, high] = [range[axis]!, range[3 + axis]!];
    const moved = (box[axis]! + u * reach - low) / (high - low);
    centre[axis] = Math.min(Math.max(moved, 0), 1);
    square += u * u;
  }
  return Math.sqrt(square);
}
