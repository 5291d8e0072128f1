/**
 * Where the pixels of a camera image go: resize, crop, flip and rotation,
 * drawn once a sample and shared by its cameras.
 *
 * Source: ResizeCropFlipRotImage of exiawsh/StreamPETR (transform_3d.py).
 * @module
 */
import { type Random, uniform } from "./random.ts";

/** How images become network input. Sizes in pixels. */
export interface ViewConfig {
  /** Size of the network's input. */
  height: number;
  width: number;
  /** Range of the resize factor in training; in tests it follows the sizes. */
  resizeLim: readonly [number, number];
  /** Share of the bottom cut off, range, in training. */
  bottomCrop: readonly [number, number];
  /** Probability of a left-right image flip in training. */
  flip: number;
  /** Range of the rotation about the middle in training, degrees; none: 0. */
  rotate?: readonly [number, number];
}

/**
 * One draw: source pixel (x, y) goes to (r·x − left, r·y − top), then flips,
 * then turns about the middle of the input.
 */
export interface View {
  resize: number;
  resizedWidth: number;
  resizedHeight: number;
  left: number;
  top: number;
  width: number;
  height: number;
  flip: boolean;
  /** Degrees, counter-clockwise as seen. */
  rotate: number;
}

/** The view of evaluation: the whole width, the bottom of the image. */
export function testView(
  config: ViewConfig,
  sourceWidth: number,
  sourceHeight: number,
): View {
  const resize = Math.max(
    config.height / sourceHeight,
    config.width / sourceWidth,
  );
  const resizedWidth = Math.trunc(sourceWidth * resize);
  const resizedHeight = Math.trunc(sourceHeight * resize);
  const mean = (config.bottomCrop[0] + config.bottomCrop[1]) / 2;
  return {
    resize,
    resizedWidth,
    resizedHeight,
    left: Math.trunc(Math.max(0, resizedWidth - config.width) / 2),
    top: Math.trunc((1 - mean) * resizedHeight) - config.height,
    width: config.width,
    height: config.height,
    flip: false,
    rotate: 0,
  };
}

/** A view of training; resized images narrower than the input leave black. */
export function trainView(
  config: ViewConfig,
  sourceWidth: number,
  sourceHeight: number,
  random: Random,
): View {
  const resize = uniform(random, ...config.resizeLim);
  const resizedWidth = Math.trunc(sourceWidth * resize);
  const resizedHeight = Math.trunc(sourceHeight * resize);
  const bottom = uniform(random, ...config.bottomCrop);
  const slack = Math.max(0, resizedWidth - config.width);
  const rotate = config.rotate ?? [0, 0];
  return {
    resize,
    resizedWidth,
    resizedHeight,
    left: Math.trunc(uniform(random, 0, slack)),
    top: Math.trunc((1 - bottom) * resizedHeight) - config.height,
    width: config.width,
    height: config.height,
    flip: random() < config.flip,
    rotate: rotate[0] === rotate[1] ? rotate[0] : uniform(random, ...rotate),
  };
}

/**
 * The homogeneous matrix of a view, [3][3] row-major: input pixels from
 * source pixels. The factor is the unrounded one, as in the reference,
 * although the resized image has whole pixels.
 */
export function inputFromSource(view: View): number[] {
  const { resize: r, left, top, width, height, flip, rotate } = view;
  const [a, tx] = flip ? [-r, width + left] : [r, -left];
  if (rotate === 0) return [a, 0, tx, 0, r, -top, 0, 0, 1];
  const [c, s] = turnOf(rotate);
  const [x, y] = [tx - width / 2, -top - height / 2];
  // deno-fmt-ignore
  return [
    c * a, s * r, c * x + s * y + width / 2,
    -s * a, c * r, -s * x + c * y + height / 2,
    0, 0, 1,
  ];
}

/** Cosine and sine of an angle in degrees. */
export function turnOf(degrees: number): [number, number] {
  const angle = degrees / 180 * Math.PI;
  return [Math.cos(angle), Math.sin(angle)];
}
