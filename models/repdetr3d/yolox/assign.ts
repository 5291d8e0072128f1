/**
 * SimOTA: which cells are to find which object of their image, as many as
 * the best of them already overlap it.
 *
 * Source: YOLOX (Ge et al. 2021), section 2.1; SimOTAAssigner of mmdet 2.28.
 * @module
 */

/** Predictions of one image, T cells. */
export interface CellPredictions {
  /** [T, classes] logits. */
  classScores: Float32Array;
  /** [T] logits. */
  objectness: Float32Array;
  /** [T, 4] x1, y1, x2, y2 in pixels. */
  boxes: Float32Array;
}

/** Objects of one image. */
export interface CellObjects {
  /** [n][4] x1, y1, x2, y2 in pixels. */
  readonly boxes: readonly ArrayLike<number>[];
  /** [n] class index. */
  readonly labels: ArrayLike<number>;
}

/** What became of the cells. */
export interface Assignment {
  /** [T] index of the object, −1 for none. */
  objects: Int32Array;
  /** [T] IoU with it, 0 for none. */
  overlaps: Float32Array;
}

const RADIUS = 2.5;
const CANDIDATES = 10;
const OVERLAP_WEIGHT = 3;
const EPSILON = 1e-7;
/** Cost of a cell outside of an object's box or centre. */
const FAR = 1e5;
/** torch's least logarithm in cross entropies. */
const LEAST_LOG = -100;

/** @param priors [T, 3] x, y of a cell's corner and its stride. */
export function assignCells(
  predictions: CellPredictions,
  objects: CellObjects,
  priors: Float32Array,
): Assignment {
  const cells = priors.length / 3;
  const count = objects.labels.length;
  const result: Assignment = {
    objects: new Int32Array(cells).fill(-1),
    overlaps: new Float32Array(cells),
  };
  const near = candidates(objects, priors);
  const overlaps = overlapsOf(predictions, objects, near.cells);
  const costs = costsOf(predictions, objects, near, overlaps);
  const chosen = Array.from(
    { length: near.cells.length },
    () => [] as number[],
  );
  for (let gt = 0; gt < count; gt++) {
    const wanted = howMany(overlaps, gt, count);
    const column = near.cells.map((_, row) => costs[row * count + gt]!);
    for (const row of smallest(column, wanted)) chosen[row]!.push(gt);
  }
  chosen.forEach((found, row) => {
    if (found.length === 0) return;
    const gt = found.length === 1 ? found[0]! : cheapest(costs, row, count);
    result.objects[near.cells[row]!] = gt;
    result.overlaps[near.cells[row]!] = overlaps[row * count + gt]!;
  });
  return result;
}

/** Cells in or near any object. */
interface Candidates {
  /** Their indices, in order. */
  cells: number[];
  /** [cells, n] whether in the box and near the centre of an object. */
  central: boolean[];
}

function candidates({ boxes }: CellObjects, priors: Float32Array): Candidates {
  const cells: number[] = [];
  const central: boolean[] = [];
  for (let cell = 0; cell * 3 < priors.length; cell++) {
    const stride = priors[cell * 3 + 2]!;
    const x = priors[cell * 3]! + stride / 2;
    const y = priors[cell * 3 + 1]! + stride / 2;
    const found = boxes.map((box) => {
      const [x1, y1, x2, y2] = [box[0]!, box[1]!, box[2]!, box[3]!];
      const inside = x > x1 && y > y1 && x < x2 && y < y2;
      const reach = RADIUS * stride;
      const near = Math.abs(x - (x1 + x2) / 2) < reach &&
        Math.abs(y - (y1 + y2) / 2) < reach;
      return { any: inside || near, both: inside && near };
    });
    if (!found.some(({ any }) => any)) continue;
    cells.push(cell);
    central.push(...found.map(({ both }) => both));
  }
  return { cells, central };
}

/** IoU [cells, n]. */
function overlapsOf(
  { boxes }: CellPredictions,
  objects: CellObjects,
  cells: readonly number[],
): Float64Array {
  const count = objects.boxes.length;
  const overlaps = new Float64Array(cells.length * count);
  cells.forEach((cell, row) => {
    const box = boxes.subarray(cell * 4, cell * 4 + 4);
    objects.boxes.forEach((other, gt) => {
      overlaps[row * count + gt] = iou(box, other);
    });
  });
  return overlaps;
}

function iou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const side = (from: number) =>
    Math.max(
      Math.min(a[from + 2]!, b[from + 2]!) - Math.max(a[from]!, b[from]!),
      0,
    );
  const area = (box: ArrayLike<number>) =>
    (box[2]! - box[0]!) * (box[3]! - box[1]!);
  const shared = side(0) * side(1);
  return shared / Math.max(area(a) + area(b) - shared, 1e-6);
}

/** Costs [cells, n]: class, overlap, and being far from the object. */
function costsOf(
  { classScores, objectness }: CellPredictions,
  { labels }: CellObjects,
  { cells, central }: Candidates,
  overlaps: Float64Array,
): Float64Array {
  const count = labels.length;
  const classes = classScores.length / objectness.length;
  const costs = new Float64Array(overlaps.length);
  cells.forEach((cell, row) => {
    const present = sigmoid(objectness[cell]!);
    let absent = 0;
    const gain = Array.from({ length: classes }, (_, c) => {
      const score = sigmoid(classScores[cell * classes + c]!) * present;
      const p = Math.sqrt(score);
      const no = -Math.max(Math.log(1 - p), LEAST_LOG);
      absent += no;
      return -Math.max(Math.log(p), LEAST_LOG) - no;
    });
    for (let gt = 0; gt < count; gt++) {
      const at = row * count + gt;
      costs[at] = absent + gain[labels[gt]!]! -
        OVERLAP_WEIGHT * Math.log(overlaps[at]! + EPSILON) +
        (central[at] ? 0 : FAR);
    }
  });
  return costs;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Cells that an object gets: what its best overlaps add up to. */
function howMany(overlaps: Float64Array, gt: number, count: number): number {
  const column: number[] = [];
  for (let at = gt; at < overlaps.length; at += count) {
    column.push(overlaps[at]!);
  }
  const best = column.sort((a, b) => b - a).slice(0, CANDIDATES);
  const sum = best.reduce((total, overlap) => total + overlap, 0);
  // The reference's sum is float32: a whole number must not round down.
  return Math.max(Math.trunc(Math.fround(sum)), 1);
}

/** Indices of the `count` smallest values. */
function smallest(values: readonly number[], count: number): number[] {
  return values.map((_, i) => i)
    .sort((a, b) => values[a]! - values[b]! || a - b)
    .slice(0, count);
}

function cheapest(costs: Float64Array, row: number, count: number): number {
  const own = costs.subarray(row * count, (row + 1) * count);
  return own.indexOf(Math.min(...own));
}
