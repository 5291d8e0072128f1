/**
 * Which token is to find which object of its image.
 *
 * Source: HungarianAssigner2D of exiawsh/StreamPETR; BBoxL1Cost and IoUCost
 * (GIoU, Rezatofighi et al. 2019) of mmdet 2.28.
 * @module
 */
import { addFocalCost, addL1Cost, limitCost } from "../training/costs.ts";
import { assignColumns, type Costs } from "../training/hungarian.ts";

/** 2D ground truth of one image, in its pixels. */
export interface GroundTruth2D {
  /** [n][4]: x1, y1, x2, y2. */
  readonly boxes: readonly ArrayLike<number>[];
  /** [n] class index. */
  readonly labels: ArrayLike<number>;
  /** [n][2] projected 3D centres. */
  readonly centers: readonly ArrayLike<number>[];
}

/** Predictions of one image as the host reads them. */
export interface ImagePredictions {
  /** [T, classes] logits. */
  classScores: Float32Array;
  /** [T, 4] cx, cy, w, h as shares of the image. */
  boxes: Float32Array;
  /** [T, 2] shares of the image. */
  centers: Float32Array;
}

/** Objects of an image as shares of its size. */
export interface ObjectCodes {
  /** [n, 4] cx, cy, w, h. */
  boxes: Float32Array;
  /** [n, 2] */
  centers: Float32Array;
}

/** Size of the (padded) image that boxes are shares of. */
export interface ImageSize {
  /** Pixels. */
  imageHeight: number;
  /** Pixels. */
  imageWidth: number;
}

/** Weights of class, box, GIoU and centre. */
const WEIGHTS = { class: 2, box: 5, overlap: 2, center: 10 };

/** Least area that GIoU divides by, square pixels. */
const EPSILON = 1e-6;

/** Objects as shares of the image. */
export function encodeObjects(
  { boxes, centers }: GroundTruth2D,
  { imageHeight: H, imageWidth: W }: ImageSize,
): ObjectCodes {
  return {
    boxes: Float32Array.from(
      boxes.flatMap((box) => {
        const [x1, y1] = [box[0]! / W, box[1]! / H];
        const [x2, y2] = [box[2]! / W, box[3]! / H];
        return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
      }),
    ),
    centers: Float32Array.from(
      centers.flatMap((center) => [center[0]! / W, center[1]! / H]),
    ),
  };
}

/** Costs [n, T] of matching the objects of an image with the tokens. */
export function matchingCosts2D(
  predictions: ImagePredictions,
  objects: GroundTruth2D,
  size: ImageSize,
): Costs {
  const rows = objects.labels.length;
  const columns = predictions.boxes.length / 4;
  const data = new Float64Array(rows * columns);
  const classes = predictions.classScores.length / columns;
  const codes = encodeObjects(objects, size);
  const { labels } = objects;
  addFocalCost(data, predictions.classScores, labels, classes, WEIGHTS.class);
  const box = Array<number>(4).fill(WEIGHTS.box);
  addL1Cost(data, predictions.boxes, codes.boxes, 4, box);
  addOverlapCost(data, predictions.boxes, objects.boxes, size);
  const center = Array<number>(2).fill(WEIGHTS.center);
  addL1Cost(data, predictions.centers, codes.centers, 2, center);
  limitCost(data);
  return { data, rows, columns };
}

/** The object of each token, −1 for background. */
export function match2D(
  predictions: ImagePredictions,
  objects: GroundTruth2D,
  size: ImageSize,
): Int32Array {
  if (objects.labels.length === 0) {
    return new Int32Array(predictions.boxes.length / 4).fill(-1);
  }
  return assignColumns(matchingCosts2D(predictions, objects, size));
}

/** Adds −GIoU in pixels, weighted. */
function addOverlapCost(
  cost: Float64Array,
  predicted: Float32Array,
  boxes: readonly ArrayLike<number>[],
  { imageHeight: H, imageWidth: W }: ImageSize,
): void {
  const count = predicted.length / 4;
  const corners = new Float64Array(predicted.length);
  for (let at = 0; at < corners.length; at += 4) {
    const [cx, cy] = [predicted[at]!, predicted[at + 1]!];
    const [w, h] = [predicted[at + 2]! / 2, predicted[at + 3]! / 2];
    corners[at] = (cx - w) * W;
    corners[at + 1] = (cy - h) * H;
    corners[at + 2] = (cx + w) * W;
    corners[at + 3] = (cy + h) * H;
  }
  boxes.forEach((box, gt) => {
    const own = Float64Array.from(box);
    for (let i = 0; i < count; i++) {
      cost[gt * count + i]! -= WEIGHTS.overlap * giou(corners, i * 4, own);
    }
  });
}

/** Of the box at `at` of many, and another. */
function giou(many: Float64Array, at: number, box: Float64Array): number {
  const ax1 = many[at]!, ay1 = many[at + 1]!;
  const ax2 = many[at + 2]!, ay2 = many[at + 3]!;
  const bx1 = box[0]!, by1 = box[1]!, bx2 = box[2]!, by2 = box[3]!;
  const w = Math.max(Math.min(ax2, bx2) - Math.max(ax1, bx1), 0);
  const h = Math.max(Math.min(ay2, by2) - Math.max(ay1, by1), 0);
  const areas = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1);
  const union = Math.max(areas - w * h, EPSILON);
  const hull = Math.max(
    (Math.max(ax2, bx2) - Math.min(ax1, bx1)) *
      (Math.max(ay2, by2) - Math.min(ay1, by1)),
    EPSILON,
  );
  return w * h / union - (hull - union) / hull;
}
