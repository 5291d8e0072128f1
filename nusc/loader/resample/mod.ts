/**
 * Resizes RGB images as Pillow's `Image.resize` does by default (bicubic with
 * antialiasing), equal to the bit, and only where the result is needed.
 * @module
 */
import { type Taps, tapsOf } from "./bicubic.ts";
import {
  createKernels,
  ENTRY_HEAD,
  type Kernels,
  LOW_BITS,
  PAIR,
} from "./kernels.ts";

/** A part of a resized image, in its pixels. */
export interface Window {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Which source rows a window takes. */
export interface Rows {
  first: number;
  count: number;
}

/** Rows of RGB bytes, `stride` apart; overwritten by the next call. */
export interface Resized {
  data: Uint8Array;
  stride: number;
}

/** A resize of source images of one size. */
export interface Plan {
  sourceWidth: number;
  window: Window;
  rows: Rows;
  columns: Taps;
  lines: Taps;
}

/**
 * Plans a resize.
 * @param window inside the resized image, not empty.
 */
export function planResize(
  source: { width: number; height: number },
  resized: { width: number; height: number },
  window: Window,
): Plan {
  const { left, top, width, height } = window;
  const columns = tapsOf(source.width, resized.width, left, left + width);
  const lines = tapsOf(source.height, resized.height, top, top + height);
  const first = lines.first[0]!;
  const end = lines.first[height - 1]! + lines.count[height - 1]!;
  const rows = { first, count: end - first };
  return { sourceWidth: source.width, window, rows, columns, lines };
}

const PAGE = 65536;
/** Bytes that the passes may touch behind the end of a buffer. */
const MARGIN = 64;

const align = (bytes: number) => Math.ceil(bytes / 16) * 16;

/** Resizes image after image in one memory of its own. */
export class Resampler {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #kernels: Kernels = createKernels(this.#memory);
  #plan: Plan | undefined;

  /**
   * @param data the source's rows `plan.rows`, [count, sourceWidth, 3].
   */
  resize(plan: Plan, data: Uint8Array): Resized {
    const { width, height } = plan.window;
    const place = placesOf(plan);
    this.#reserve(place.end);
    if (this.#plan !== plan) {
      writeTable(this.#memory, place.columns, plan.columns, 0, 3);
      const { rows, lines } = plan;
      writeTable(this.#memory, place.lines, lines, rows.first, place.stride);
      this.#plan = plan;
    }
    new Uint8Array(this.#memory.buffer).set(data, place.source);
    const column = entrySize(plan.columns);
    this.#kernels.horizontal(
      place.source,
      plan.sourceWidth * 3,
      place.middle,
      place.stride,
      plan.rows.count,
      place.columns,
      column,
      place.columns + column * width,
    );
    const line = entrySize(plan.lines);
    this.#kernels.vertical(
      place.middle,
      place.stride,
      place.result,
      place.lines,
      line,
      place.lines + line * height,
    );
    const bytes = place.stride * height;
    return {
      data: new Uint8Array(this.#memory.buffer, place.result, bytes),
      stride: place.stride,
    };
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
  }
}

/** Where everything lies in the memory. */
function placesOf({ sourceWidth, window, rows, columns, lines }: Plan) {
  // One byte more than three a pixel: the last store of a row is 4 wide.
  const stride = align(window.width * 3 + 1);
  const sizes = {
    columns: entrySize(columns) * window.width,
    lines: entrySize(lines) * window.height,
    // The passes go by four rows and by two taps.
    source: (rows.count + 4) * sourceWidth * 3,
    middle: (rows.count + 4) * stride,
    result: stride * window.height,
  };
  let end = 0;
  const take = (bytes: number) => {
    const at = end;
    end = align(end + bytes + MARGIN);
    return at;
  };
  return {
    stride,
    columns: take(sizes.columns),
    lines: take(sizes.lines),
    source: take(sizes.source),
    middle: take(sizes.middle),
    result: take(sizes.result),
    end,
  };
}

function entrySize({ width }: Taps): number {
  return ENTRY_HEAD + Math.ceil(width / 2) * PAIR;
}

/** Writes taps as the kernels read them; see kernels.ts. */
function writeTable(
  memory: WebAssembly.Memory,
  at: number,
  taps: Taps,
  origin: number,
  step: number,
): void {
  const view = new DataView(memory.buffer, at);
  const size = entrySize(taps);
  taps.first.forEach((first, i) => {
    const pairs = Math.ceil(taps.count[i]! / 2);
    view.setInt32(i * size, (first - origin) * step, true);
    view.setInt32(i * size + 4, pairs * PAIR, true);
    for (let k = 0; k < 2 * pairs; k++) {
      const weight = k < taps.count[i]! ? taps.weights[i * taps.width + k]! : 0;
      const bits = 32 - LOW_BITS;
      const low = (weight << bits) >> bits;
      const to = i * size + ENTRY_HEAD + (k >> 1) * PAIR + (k % 2) * 2;
      view.setInt16(to, low, true);
      view.setInt16(to + 4, (weight - low) >> LOW_BITS, true);
    }
  });
}
