/**
 * Targets of the 2D head: dense arrays over all tokens of all images.
 * @module
 */
import { drawHeatmap } from "./heatmap.ts";
import {
  encodeObjects,
  type GroundTruth2D,
  type ImageSize,
  match2D,
} from "./matcher.ts";

/** Predictions of all I = B·N images, read by the host. */
export interface FocalMatchPredictions {
  /** [I, T, classes] logits. */
  classScores: Float32Array;
  /** [I, T, 4] */
  boxes: Float32Array;
  /** [I, T, 2] */
  centers: Float32Array;
}

/** What every token is to predict. */
export interface FocalTargets {
  /** [I, T] class, `classes` for background. */
  labels: Int32Array;
  /** [I, T, 4] cx, cy, w, h as shares of the image; zeros if unmatched. */
  boxes: Float32Array;
  /** [I, T, 2] */
  centers: Float32Array;
  /** [I, T] 1 for matched tokens. */
  weights: Float32Array;
  /** [I, T] the heat map of object centres. */
  heatmap: Float32Array;
  /** Matched tokens of all images. */
  positives: number;
}

/** What {@linkcode matchFocalTargets} needs to know of images and tokens. */
export interface FocalLayout extends ImageSize {
  /** Classes, and the label of background. */
  classes: number;
  /** Pixels between tokens. */
  stride: number;
}

/**
 * Matches the tokens of every image with its objects.
 *
 * @throws {RangeError} when the predictions are not those of so many images.
 */
export function matchFocalTargets(
  predictions: FocalMatchPredictions,
  images: readonly GroundTruth2D[],
  layout: FocalLayout,
): FocalTargets {
  const { classes, stride, imageHeight, imageWidth } = layout;
  const height = Math.floor(imageHeight / stride);
  const width = Math.floor(imageWidth / stride);
  const tokens = height * width;
  if (predictions.boxes.length !== images.length * tokens * 4) {
    throw new RangeError(
      `Cannot match ${predictions.boxes.length / 4} boxes, expected ` +
        `${images.length} images of ${height}x${width} tokens`,
    );
  }
  const targets = emptyTargets(images.length * tokens, classes);
  images.forEach((objects, image) => {
    const first = image * tokens;
    const part = (data: Float32Array, size: number) =>
      data.subarray(first * size, (first + tokens) * size);
    const found = match2D(
      {
        classScores: part(predictions.classScores, classes),
        boxes: part(predictions.boxes, 4),
        centers: part(predictions.centers, 2),
      },
      objects,
      layout,
    );
    writeTargets(targets, first, found, objects, layout);
    const map = part(targets.heatmap, 1);
    drawHeatmap(map, objects, { height, width, stride });
  });
  return targets;
}

function emptyTargets(rows: number, background: number): FocalTargets {
  return {
    labels: new Int32Array(rows).fill(background),
    boxes: new Float32Array(rows * 4),
    centers: new Float32Array(rows * 2),
    weights: new Float32Array(rows),
    heatmap: new Float32Array(rows),
    positives: 0,
  };
}

function writeTargets(
  targets: FocalTargets,
  first: number,
  found: Int32Array,
  objects: GroundTruth2D,
  size: ImageSize,
): void {
  const { boxes, centers } = encodeObjects(objects, size);
  found.forEach((gt, token) => {
    if (gt < 0) return;
    const row = first + token;
    targets.labels[row] = objects.labels[gt]!;
    targets.boxes.set(boxes.subarray(gt * 4, gt * 4 + 4), row * 4);
    targets.centers.set(centers.subarray(gt * 2, gt * 2 + 2), row * 2);
    targets.weights[row] = 1;
    targets.positives++;
  });
}
