/**
 * Heat maps of object centres, the target of centerness.
 *
 * Source: CenterNet (Zhou et al. 2019); _get_heatmap_single and
 * draw_heatmap_gaussian of exiawsh/StreamPETR, which divide by 16 whatever
 * the stride is.
 * @module
 */
import type { GroundTruth2D } from "./matcher.ts";

/** Size of the map and pixels between its cells. */
export interface HeatmapSize {
  /** Cells. */
  height: number;
  /** Cells. */
  width: number;
  /** Pixels between cells. */
  stride: number;
}

/**
 * Draws one Gaussian an object, 1 at the cell of its projected centre, as
 * wide as the nearest edge of its box allows; overlaps keep the larger.
 *
 * @param map [height, width], drawn on.
 */
export function drawHeatmap(
  map: Float32Array,
  { boxes, centers }: GroundTruth2D,
  size: HeatmapSize,
): void {
  boxes.forEach((box, i) => {
    const center = centers[i]!;
    const cell = (value: number) => Math.trunc(value / size.stride);
    const radius = radiusOf(box, center, size.stride);
    drawGaussian(map, size, cell(center[0]!), cell(center[1]!), radius);
  });
}

/** Cells from the centre to the nearest edge of the box, at least one. */
function radiusOf(
  box: ArrayLike<number>,
  center: ArrayLike<number>,
  stride: number,
): number {
  // Rounding up at a cell's edge needs the reference's float32.
  const gap = (to: number, from: number) =>
    Math.fround(Math.fround(to) - Math.fround(from));
  const nearest = Math.min(
    gap(center[0]!, box[0]!),
    gap(center[1]!, box[1]!),
    gap(box[2]!, center[0]!),
    gap(box[3]!, center[1]!),
  );
  return Math.max(1, Math.ceil(nearest / stride));
}

function drawGaussian(
  map: Float32Array,
  { height, width }: HeatmapSize,
  x: number,
  y: number,
  radius: number,
): void {
  const sigma = (2 * radius + 1) / 6;
  const bottom = Math.min(y + radius, height - 1);
  const right = Math.min(x + radius, width - 1);
  for (let row = Math.max(y - radius, 0); row <= bottom; row++) {
    for (let column = Math.max(x - radius, 0); column <= right; column++) {
      const square = (row - y) ** 2 + (column - x) ** 2;
      const value = Math.exp(-square / (2 * sigma * sigma));
      const at = row * width + column;
      if (value > map[at]!) map[at] = value;
    }
  }
}
