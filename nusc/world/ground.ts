/**
 * Paints sky, road, pavement and grass, and the shadows under objects.
 * @module
 */
import { type Canvas, GROUND, NOTHING, SKY, type View } from "./canvas.ts";
import { Random } from "./random.ts";
import { arcOf, type Road, ROAD_WIDTHS } from "./road.ts";
import type { Weather } from "./scene.ts";

/** Metres over which the air takes all but 1/e of an object's colour. */
export const HAZE = 120;

const NOISE = makeNoise();

function makeNoise(): Float32Array {
  const random = new Random("ground");
  return Float32Array.from({ length: 65536 }, () => random.next());
}

/** Fills the whole canvas; nothing of the last image is left. */
export function paintGround(
  canvas: Canvas,
  view: View,
  road: Road,
  weather: Weather,
): void {
  const { width, height, depth } = canvas;
  const m = view.matrix;
  const surface = surfaceOf(road, weather);
  for (let row = 0, pixel = 0; row < height; row++) {
    const y = (row + 0.5 - view.centreY) / view.focalY;
    for (let column = 0; column < width; column++, pixel++) {
      const x = (column + 0.5 - view.centreX) / view.focalX;
      const dz = m[6]! * x + m[7]! * y + m[8]!;
      const distance = dz < -1e-4 ? -view.origin[2] / dz : SKY;
      if (distance > 250) {
        depth[pixel] = SKY;
        canvas.ids[pixel] = NOTHING;
        paintSky(canvas.rgb, 3 * pixel, dz, weather);
        continue;
      }
      depth[pixel] = distance;
      canvas.ids[pixel] = GROUND;
      const dx = m[0]! * x + m[1]! * y + m[2]!;
      const dy = m[3]! * x + m[4]! * y + m[5]!;
      surface(
        view.origin[0] + dx * distance,
        view.origin[1] + dy * distance,
        distance,
        canvas.rgb,
        3 * pixel,
      );
    }
  }
  canvas.stamps.fill(0);
}

function paintSky(
  rgb: Uint8ClampedArray,
  at: number,
  up: number,
  { sky, light }: Weather,
): void {
  const bright = 255 * light * (1 + 0.25 * Math.max(0, Math.min(1, up)));
  rgb[at] = sky[0] * bright;
  rgb[at + 1] = sky[1] * bright;
  rgb[at + 2] = sky[2] * bright;
}

/** Colours a point of the ground into `rgb`. */
function surfaceOf(
  road: Road,
  { road: tar, pavement, grass, sky, light }: Weather,
) {
  const arc = arcOf(road);
  const reach = Math.abs(arc.reach);
  const marking = ROAD_WIDTHS;
  return (
    x: number,
    y: number,
    distance: number,
    rgb: Uint8ClampedArray,
    at: number,
  ): void => {
    const dx = x - arc.x, dy = y - arc.y;
    const lateral = Math.abs(reach - Math.sqrt(dx * dx + dy * dy));
    const fine = NOISE[((x * 2) & 255) << 8 | ((y * 2) & 255)]!;
    const coarse = NOISE[((x * 0.4) & 255) << 8 | ((y * 0.4) & 255)]!;
    const texture = 0.8 + 0.2 * (fine + coarse);
    let r: number, g: number, b: number;
    if (isMarked(lateral, marking.lane, 0.08) && isDash(dx, dy, reach)) {
      r = g = b = 0.85;
    } else if (isMarked(lateral, marking.edge, 0.1)) r = g = b = 0.85;
    else if (lateral < marking.road) r = g = b = tar * texture;
    else if (lateral < marking.pavement) r = g = b = pavement * texture;
    else {
      r = grass[0] * texture;
      g = grass[1] * texture;
      b = grass[2] * texture;
    }
    const clear = Math.exp(-distance / HAZE);
    const bright = 255 * light;
    rgb[at] = bright * (r * clear + sky[0] * (1 - clear));
    rgb[at + 1] = bright * (g * clear + sky[1] * (1 - clear));
    rgb[at + 2] = bright * (b * clear + sky[2] * (1 - clear));
  };
}

function isMarked(lateral: number, line: number, half: number): boolean {
  return Math.abs(lateral - line) < half;
}

/** Three metres of paint, three without. */
function isDash(dx: number, dy: number, reach: number): boolean {
  const along = Math.atan2(dy, dx) * reach;
  return along - 6 * Math.floor(along / 6) < 3;
}

/** A rectangle on the ground with the side lengths of an object. */
export interface Shade {
  x: number;
  y: number;
  heading: number;
  length: number;
  width: number;
}

/** Darkens the ground inside a rectangle, softly towards its edge. */
export function paintShade(
  canvas: Canvas,
  view: View,
  shade: Shade,
  box: { left: number; right: number; top: number; bottom: number },
): void {
  const { ids, depth, rgb, width } = canvas;
  const m = view.matrix;
  const cos = Math.cos(shade.heading), sin = Math.sin(shade.heading);
  for (let row = box.top; row < box.bottom; row++) {
    const y = (row + 0.5 - view.centreY) / view.focalY;
    let pixel = row * width + box.left;
    for (let column = box.left; column < box.right; column++, pixel++) {
      if (ids[pixel] !== GROUND) continue;
      const x = (column + 0.5 - view.centreX) / view.focalX;
      const far = depth[pixel]!;
      const dx = view.origin[0] - shade.x +
        far * (m[0]! * x + m[1]! * y + m[2]!);
      const dy = view.origin[1] - shade.y +
        far * (m[3]! * x + m[4]! * y + m[5]!);
      const ahead = Math.abs(dx * cos + dy * sin) - shade.length / 2;
      const aside = Math.abs(dy * cos - dx * sin) - shade.width / 2;
      const outside = Math.max(ahead, aside);
      if (outside > 0.25) continue;
      const keep = outside < 0 ? 0.45 : 0.45 + 2.2 * outside;
      rgb[3 * pixel] = rgb[3 * pixel]! * keep;
      rgb[3 * pixel + 1] = rgb[3 * pixel + 1]! * keep;
      rgb[3 * pixel + 2] = rgb[3 * pixel + 2]! * keep;
    }
  }
}
