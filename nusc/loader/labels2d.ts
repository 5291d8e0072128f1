/**
 * 2D boxes of one camera under a view, and which of them are hidden.
 *
 * Source: ResizeCropFlipRotImage._bboxes_transform and _filter_invisible of
 * exiawsh/StreamPETR (transform_3d.py).
 * @module
 */
import type { View } from "./view.ts";

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

/** Moves 2D ground truth from source pixels to input pixels. */
export function transformLabels2d(labels: Labels2d, view: View): Labels2d {
  const { resize: r, left, top, width, height, flip } = view;
  const clipX = (x: number) => Math.min(Math.max(x * r - left, 0), width);
  const clipY = (y: number) => Math.min(Math.max(y * r - top, 0), height);
  const mirror = (x: number) => flip ? width - x : x;
  const out: Labels2d = { boxes: [], labels: [], centers: [], depths: [] };
  labels.boxes.forEach((box, i) => {
    const [x1, y1] = [clipX(box[0]!), clipY(box[1]!)];
    const [x2, y2] = [clipX(box[2]!), clipY(box[3]!)];
    if (!(x2 - x1 >= MIN_SIZE && y2 - y1 >= MIN_SIZE)) return;
    const center = labels.centers[i]!;
    out.boxes.push(flip ? [width - x2, y1, width - x1, y2] : [x1, y1, x2, y2]);
    out.labels.push(labels.labels[i]!);
    out.centers.push([mirror(clipX(center[0]!)), clipY(center[1]!)]);
    out.depths.push(labels.depths[i]!);
  });
  return out;
}

/**
 * Drops boxes that nearer ones cover, painting whole pixels from far to near;
 * the rest comes out far to near. The canvas starts with index 0, so the
 * farthest box stays while any background is left (as in the reference).
 */
export function dropHidden(labels: Labels2d, view: View): Labels2d {
  const { width, height } = view;
  const order = labels.depths.map((_, i) => i)
    .sort((a, b) => labels.depths[b]! - labels.depths[a]!);
  const canvas = new Uint16Array(width * height);
  order.forEach((i, rank) => {
    const [x1, y1, x2, y2] = labels.boxes[i]!;
    const [from, to] = [Math.ceil(x1!), Math.floor(x2!)];
    for (let y = Math.ceil(y1!); y < Math.floor(y2!); y++) {
      if (to > from) canvas.fill(rank, y * width + from, y * width + to);
    }
  });
  const seen = new Uint8Array(order.length);
  for (const rank of canvas) seen[rank] = 1;
  const kept = order.filter((_, rank) => seen[rank] === 1);
  return {
    boxes: kept.map((i) => labels.boxes[i]!),
    labels: kept.map((i) => labels.labels[i]!),
    centers: kept.map((i) => labels.centers[i]!),
    depths: kept.map((i) => labels.depths[i]!),
  };
}
