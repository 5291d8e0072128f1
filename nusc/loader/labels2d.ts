/**
 * 2D boxes of one camera under a view, and which of them are hidden.
 *
 * Source: ResizeCropFlipRotImage._bboxes_transform and _filter_invisible of
 * exiawsh/StreamPETR (transform_3d.py).
 * @module
 */
import { inputFromSource, type View } from "./view.ts";

/** 2D ground truth of one camera, in pixels of the network's input. */
export interface Labels2d {
  /** [n][4]: x1, y1, x2, y2. */
  boxes: number[][];
  /** [n] index in LABELS_2D (the converter's class order). */
  labels: number[];
  /** [n][2] projected 3D centre, clipped to the image. */
  centers: number[][];
  /** [n] metres along the optical axis. */
  depths: number[];
}

/** Boxes narrower or lower than this after clipping are dropped, pixels. */
const MIN_SIZE = 2;

/**
 * Moves 2D ground truth from source pixels to input pixels. Under a rotation,
 * which the reference refuses here, a box becomes the upright one around it.
 */
export function transformLabels2d(labels: Labels2d, view: View): Labels2d {
  const { width, height } = view;
  const clipX = (x: number) => Math.min(Math.max(x, 0), width);
  const clipY = (y: number) => Math.min(Math.max(y, 0), height);
  const move = view.rotate === 0 ? upright(view) : turned(view);
  const out: Labels2d = { boxes: [], labels: [], centers: [], depths: [] };
  labels.boxes.forEach((box, i) => {
    const [left, top, right, bottom] = move(box);
    const [x1, y1] = [clipX(left!), clipY(top!)];
    const [x2, y2] = [clipX(right!), clipY(bottom!)];
    if (!(x2 - x1 >= MIN_SIZE && y2 - y1 >= MIN_SIZE)) return;
    const [x, y] = labels.centers[i]!;
    const center = move([x!, y!, x!, y!]);
    out.boxes.push([x1, y1, x2, y2]);
    out.labels.push(labels.labels[i]!);
    out.centers.push([clipX(center[0]!), clipY(center[1]!)]);
    out.depths.push(labels.depths[i]!);
  });
  return out;
}

type Move = (box: readonly number[]) => number[];

/** Resize, crop and flip of x1, y1, x2, y2. */
function upright({ resize: r, left, top, width, flip }: View): Move {
  return ([x1, y1, x2, y2]) => {
    const [from, to] = [x1! * r - left, x2! * r - left];
    const [upper, lower] = [y1! * r - top, y2! * r - top];
    return flip
      ? [width - to, upper, width - from, lower]
      : [from, upper, to, lower];
  };
}

/** The upright box around a turned one. */
function turned(view: View): Move {
  const m = inputFromSource(view);
  return ([x1, y1, x2, y2]) => {
    const corners = [[x1!, y1!], [x2!, y1!], [x1!, y2!], [x2!, y2!]];
    const along = (row: number) =>
      corners.map(([x, y]) => m[row]! * x! + m[row + 1]! * y! + m[row + 2]!);
    const [xs, ys] = [along(0), along(3)];
    return [
      ...[Math.min(...xs), Math.min(...ys)],
      ...[Math.max(...xs), Math.max(...ys)],
    ];
  };
}

/**
 * Drops boxes of which nearer ones cover every whole pixel; the rest comes out
 * far to near.
 *
 * The reference paints indices from far to near on a canvas of zeros, so the
 * farthest box stays while any background is left. Painting from near to far
 * tells the same without reading the canvas once more.
 */
export function dropHidden(
  labels: Labels2d,
  { width, height }: View,
): Labels2d {
  const order = labels.depths.map((_, i) => i)
    .sort((a, b) => labels.depths[b]! - labels.depths[a]!);
  const canvas = new Uint8Array(width * height);
  let bare = canvas.length;
  const kept = order.toReversed().filter((i) => {
    const fresh = paint(canvas, width, labels.boxes[i]!);
    bare -= fresh;
    return fresh > 0 || (i === order[0] && bare > 0);
  }).reverse();
  return {
    boxes: kept.map((i) => labels.boxes[i]!),
    labels: kept.map((i) => labels.labels[i]!),
    centers: kept.map((i) => labels.centers[i]!),
    depths: kept.map((i) => labels.depths[i]!),
  };
}

/** Paints a box's whole pixels; returns how many of them were bare. */
function paint(
  canvas: Uint8Array,
  width: number,
  [x1, y1, x2, y2]: readonly number[],
): number {
  let fresh = 0;
  const [from, to] = [Math.ceil(x1!), Math.floor(x2!)];
  for (let y = Math.ceil(y1!); y < Math.floor(y2!); y++) {
    for (let at = y * width + from; at < y * width + to; at++) {
      fresh += 1 - canvas[at]!;
      canvas[at] = 1;
    }
  }
  return fresh;
}
