/**
 * An image being painted, with the depth and the object behind every pixel.
 * @module
 */
import type { Frame } from "./pose.ts";

/** Pixel buffers of one camera image, row by row. */
export interface Canvas {
  width: number;
  height: number;
  /** [height * width * 3] */
  rgb: Uint8ClampedArray;
  /** Metres along the optical axis; `SKY` where nothing is. */
  depth: Float32Array;
  /** Index of the object, `GROUND` or `NOTHING`. */
  ids: Int16Array;
  /** Last object that was painted here, hidden or not, plus one. */
  stamps: Int16Array;
}

/** Depth of the sky. */
export const SKY = 1e9;
/** Not an object: sky, house or tree. */
export const NOTHING = -2;
/** Not an object: the ground. */
export const GROUND = -1;

/** A camera's place in the world, `origin` and global-from-camera matrix. */
export interface View extends Frame {
  focalX: number;
  focalY: number;
  centreX: number;
  centreY: number;
}

/** A canvas with nothing on it yet. */
export function createCanvas(width: number, height: number): Canvas {
  const pixels = width * height;
  return {
    width,
    height,
    rgb: new Uint8ClampedArray(3 * pixels),
    depth: new Float32Array(pixels),
    ids: new Int16Array(pixels),
    stamps: new Int16Array(pixels),
  };
}

/** Pixels of a canvas of twice the size, averaged two by two. */
export function halve(canvas: Canvas, rgb: Uint8ClampedArray): void {
  const stride = 3 * canvas.width;
  let out = 0;
  for (let y = 0; y + 1 < canvas.height; y += 2) {
    for (let x = 0; x + 1 < canvas.width; x += 2) {
      const at = y * stride + 3 * x;
      for (let c = at; c < at + 3; c++) {
        rgb[out++] = (canvas.rgb[c]! + canvas.rgb[c + 3]! +
          canvas.rgb[c + stride]! + canvas.rgb[c + stride + 3]!) / 4;
      }
    }
  }
}
