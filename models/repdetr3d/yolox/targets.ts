/**
 * Targets of the 2D head: dense arrays over all cells of all images.
 *
 * Source: YOLOXHeadCustom._get_target_single of StreamPETR.
 * @module
 */
import type { GroundTruth2D } from "../../streampetr/focal/matcher.ts";
import { assignCells } from "./assign.ts";
import { type PriorLayout, priorsOf } from "./priors.ts";

/** Predictions of all images, read by the host. */
export interface YoloxMatchPredictions {
  /** [I, T, classes] logits. */
  classScores: Float32Array;
  /** [I, T] logits. */
  objectness: Float32Array;
  /** [I, T, 4] x1, y1, x2, y2 in pixels. */
  boxes: Float32Array;
}

/** What every cell is to predict; zeros where it has no object. */
export interface YoloxTargets {
  /** [I, T] 1 where it has one. */
  weights: Float32Array;
  /** [I, T] its class. */
  labels: Int32Array;
  /** [I, T] IoU of prediction and object: the class score to reach. */
  overlaps: Float32Array;
  /** [I, T, 4] corners, pixels. */
  boxes: Float32Array;
  /** [I, T, 4] the same as codes. */
  codes: Float32Array;
  /** [I, T, 2] projected 3D centre from the cell's corner, in strides. */
  centers: Float32Array;
  /** Cells with an object, of all images. */
  positives: number;
}

/** Matches the cells of every image with its objects. */
export function matchYoloxTargets(
  predictions: YoloxMatchPredictions,
  images: readonly GroundTruth2D[],
  layout: PriorLayout,
): YoloxTargets {
  const priors = priorsOf(layout);
  const cells = priors.length / 3;
  if (predictions.objectness.length !== images.length * cells) {
    throw new RangeError(
      `Cannot match ${predictions.objectness.length} cells, expected ` +
        `${images.length} images of ${cells}`,
    );
  }
  const targets = emptyTargets(images.length * cells);
  const classes = predictions.classScores.length /
    predictions.objectness.length;
  images.forEach((objects, image) => {
    if (objects.labels.length === 0) return;
    const part = (data: Float32Array, width: number) =>
      data.subarray(image * cells * width, (image + 1) * cells * width);
    const found = assignCells(
      {
        classScores: part(predictions.classScores, classes),
        objectness: part(predictions.objectness, 1),
        boxes: part(predictions.boxes, 4),
      },
      objects,
      priors,
    );
    found.objects.forEach((gt, cell) => {
      if (gt < 0) return;
      const row = image * cells + cell;
      targets.overlaps[row] = found.overlaps[cell]!;
      const prior = priors.subarray(cell * 3, cell * 3 + 3);
      writeTarget(targets, row, objects, gt, prior);
    });
  });
  return targets;
}

function emptyTargets(rows: number): YoloxTargets {
  return {
    weights: new Float32Array(rows),
    labels: new Int32Array(rows),
    overlaps: new Float32Array(rows),
    boxes: new Float32Array(rows * 4),
    codes: new Float32Array(rows * 4),
    centers: new Float32Array(rows * 2),
    positives: 0,
  };
}

function writeTarget(
  targets: YoloxTargets,
  row: number,
  { boxes, labels, centers }: GroundTruth2D,
  gt: number,
  prior: Float32Array,
): void {
  const [x, y, stride] = [prior[0]!, prior[1]!, prior[2]!];
  const box = boxes[gt]!;
  const [x1, y1, x2, y2] = [box[0]!, box[1]!, box[2]!, box[3]!];
  const extent = (pixels: number) => Math.log(pixels / stride + 1e-8);
  targets.weights[row] = 1;
  targets.labels[row] = labels[gt]!;
  targets.boxes.set([x1, y1, x2, y2], row * 4);
  targets.codes.set([
    ((x1 + x2) / 2 - x) / stride,
    ((y1 + y2) / 2 - y) / stride,
    extent(x2 - x1),
    extent(y2 - y1),
  ], row * 4);
  const center = centers[gt]!;
  targets.centers.set([
    (center[0]! - x) / stride,
    (center[1]! - y) / stride,
  ], row * 2);
  targets.positives++;
}
