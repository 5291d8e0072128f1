/**
 * Turns an image about its middle as Pillow's `Image.rotate` does: nearest
 * neighbour, same size, black outside, in 16.16 fixed point.
 *
 * Source: Image.rotate (PIL/Image.py) and affine_fixed (libImaging/Geometry.c)
 * of Pillow, whose arithmetic this repeats bit by bit.
 * @module
 */

/** A 16.16 fixed-point number. */
function fixed(value: number): number {
  return Math.floor(value * 65536 + 0.5);
}

/** Python's round(value, 15), for cosines and sines. */
function round15(value: number): number {
  return Math.round(value * 1e15) / 1e15;
}

/**
 * Where each pixel of a turned image comes from.
 * @param degrees counter-clockwise as seen.
 * @returns [height·width]: index y·width + x, or −1 for black.
 */
export function turnedFrom(
  width: number,
  height: number,
  degrees: number,
): Int32Array {
  const angle = -(((degrees % 360) + 360) % 360) * Math.PI / 180;
  const [c, s] = [round15(Math.cos(angle)), round15(Math.sin(angle))];
  const [cx, cy] = [width / 2, height / 2];
  const tx = c * -cx + s * -cy + cx;
  const ty = -s * -cx + c * -cy + cy;
  const [cosine, sine, minus] = [fixed(c), fixed(s), fixed(-s)];
  let rowX = fixed(tx + c * 0.5 + s * 0.5);
  let rowY = fixed(ty - s * 0.5 + c * 0.5);
  const out = new Int32Array(width * height).fill(-1);
  for (let y = 0, to = 0; y < height; y++) {
    let [fx, fy] = [rowX, rowY];
    for (let x = 0; x < width; x++, to++) {
      const [sx, sy] = [fx >> 16, fy >> 16];
      const inside = sx >= 0 && sx < width && sy >= 0 && sy < height;
      if (inside) out[to] = sy * width + sx;
      fx += cosine;
      fy += minus;
    }
    rowX += sine;
    rowY += cosine;
  }
  return out;
}
