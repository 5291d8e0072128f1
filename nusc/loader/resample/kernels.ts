/**
 * The two passes of Pillow's 8-bit resampling as WebAssembly with SIMD.
 *
 * A coefficient k of 22 fractional bits is split into h·2¹⁵ + l, both of 16
 * bits, so that one instruction (dot) multiplies and adds two taps of four
 * lanes; h·2¹⁵ + l is exact, so the sums are Pillow's to the bit.
 *
 * A table holds an entry an output pixel (or row): i32 offset of the first
 * tap in bytes, i32 end of the entry relative to its taps, then for each pair
 * of taps the two l and the two h.
 * @module
 */
import {
  add,
  add4,
  assemble,
  below,
  type Code,
  constant,
  dot,
  load,
  load16,
  load4x4,
  load8,
  narrow16,
  narrow8,
  repeat,
  type Routine,
  shiftLeft,
  shiftRight,
  shuffle,
  splat,
  store16,
  store4,
  times,
  type Variables,
  widenHigh,
  widenLow,
} from "./assembler.ts";

/** Fractional bits of coefficients (PRECISION_BITS of Resample.c). */
export const PRECISION = 22;
/** Bits of the low half of a coefficient. */
export const LOW_BITS = 15;
/** Bytes of an entry before its taps. */
export const ENTRY_HEAD = 8;
/** Bytes of a pair of taps. */
export const PAIR = 8;

const LANES = [0, 1, 2, 3] as const;
const HALF = splat(1 << (PRECISION - 1));
const ZERO = splat(0);

/** Red, green, blue of two neighbours as pairs; bytes 8–15 are zero. */
const PAIRS = [0, 8, 3, 8, 1, 8, 4, 8, 2, 8, 5, 8, 8, 8, 8, 8];
/** Bytes of two vectors in turn, from `first`. */
const interleave = (first: number) =>
  Array.from({ length: 16 }, (_, i) => first + (i >> 1) + (i % 2) * 16);

/** Adds a pair of taps to both accumulators of a lane. */
function accumulate({ get, set }: Variables, lane: number, taps: Code): Code {
  return [
    ...set("taps", taps),
    ...set(`l${lane}`, add4(get(`l${lane}`), dot(get("taps"), get("low")))),
    ...set(`h${lane}`, add4(get(`h${lane}`), dot(get("taps"), get("high")))),
  ];
}

/** The rounded sum of a lane. */
function sum({ get }: Variables, lane: number): Code {
  const all = add4(get(`l${lane}`), shiftLeft(get(`h${lane}`), LOW_BITS));
  return shiftRight(all, PRECISION);
}

/** The loop over the pairs of the entry that `entry` points to. */
function overTaps(variables: Variables, step: readonly Code[]): Code {
  const { get, set } = variables;
  return [
    ...LANES.flatMap((lane) => [
      ...set(`l${lane}`, HALF),
      ...set(`h${lane}`, ZERO),
    ]),
    ...set("tap", add(get("entry"), constant(ENTRY_HEAD))),
    ...set("end", add(get("tap"), load(get("entry"), 4))),
    ...repeat([
      set("low", load4x4(get("tap"))),
      set("high", load4x4(get("tap"), 4)),
      ...step,
      set("tap", add(get("tap"), constant(PAIR))),
    ], below(get("tap"), get("end"))),
  ];
}

const ACCUMULATORS = LANES.flatMap((lane) => [`l${lane}`, `h${lane}`]);

/**
 * RGB rows to RGB rows of another width, four rows at a time. Reads up to 8
 * bytes behind a row and 3 rows behind the last, and writes as far.
 */
const horizontal: Routine = {
  name: "horizontal",
  params: ["from", "stride", "to", "toStride", "rows", "table", "size", "last"],
  i32: ["entry", "tap", "end", "p0", "p1", "p2", "p3", "q", "done"],
  v128: ["low", "high", "taps", ...ACCUMULATORS],
  body(variables) {
    const { get, set } = variables;
    const advance = (name: string, by: Code) => set(name, add(get(name), by));
    const address = (lane: number) =>
      add(get("q"), times(constant(lane), get("toStride")));
    const pixel = [
      ...set("p0", add(get("from"), load(get("entry")))),
      ...LANES.slice(1).flatMap((lane) =>
        set(`p${lane}`, add(get(`p${lane - 1}`), get("stride")))
      ),
      ...overTaps(
        variables,
        LANES.map((lane) => [
          ...set("taps", load8(get(`p${lane}`))),
          ...accumulate(
            variables,
            lane,
            shuffle(get("taps"), get("taps"), PAIRS),
          ),
          ...advance(`p${lane}`, constant(6)),
        ]),
      ),
      ...LANES.flatMap((lane) => {
        const words = narrow8(sum(variables, lane), ZERO);
        return store4(address(lane), narrow16(words, ZERO));
      }),
      ...advance("q", constant(3)),
      ...advance("entry", get("size")),
    ];
    return repeat([
      set("entry", get("table")),
      set("q", get("to")),
      repeat([pixel], below(get("entry"), get("last"))),
      advance("from", times(get("stride"), constant(4))),
      advance("to", times(get("toStride"), constant(4))),
      advance("done", constant(4)),
    ], below(get("done"), get("rows")));
  },
};

/** Rows of bytes to other rows, 16 bytes at a time. */
const vertical: Routine = {
  name: "vertical",
  params: ["from", "stride", "to", "table", "size", "last"],
  i32: ["entry", "tap", "end", "p", "x"],
  v128: ["low", "high", "taps", "a", "b", "front", "back", ...ACCUMULATORS],
  body(variables) {
    const { get, set } = variables;
    const first = [
      ...set("a", load16(get("p"))),
      ...set("p", add(get("p"), get("stride"))),
      ...set("b", load16(get("p"))),
      ...set("p", add(get("p"), get("stride"))),
      ...set("front", shuffle(get("a"), get("b"), interleave(0))),
      ...set("back", shuffle(get("a"), get("b"), interleave(8))),
    ];
    const lanes = LANES.map((lane) => {
      const widen = lane % 2 === 0 ? widenLow : widenHigh;
      const bytes = get(lane < 2 ? "front" : "back");
      return accumulate(variables, lane, widen(bytes));
    });
    const [s0, s1, s2, s3] = LANES.map((lane) => sum(variables, lane));
    const block = [
      ...set("p", add(add(get("from"), get("x")), load(get("entry")))),
      ...overTaps(variables, [first, ...lanes]),
      ...store16(
        add(get("to"), get("x")),
        narrow16(narrow8(s0!, s1!), narrow8(s2!, s3!)),
      ),
      ...set("x", add(get("x"), constant(16))),
    ];
    return [
      ...set("entry", get("table")),
      ...repeat([
        set("x", constant(0)),
        repeat([block], below(get("x"), get("stride"))),
        set("entry", add(get("entry"), get("size"))),
        set("to", add(get("to"), get("stride"))),
      ], below(get("entry"), get("last"))),
    ];
  },
};

/** The passes, over a memory. */
export interface Kernels {
  /** Widths; `last` is the end of the table. */
  horizontal(
    from: number,
    stride: number,
    to: number,
    toStride: number,
    rows: number,
    table: number,
    size: number,
    last: number,
  ): void;
  /** Heights; rows of both sides are `stride` bytes, a multiple of 16. */
  vertical(
    from: number,
    stride: number,
    to: number,
    table: number,
    size: number,
    last: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The passes over a memory; compiled once a thread. */
export function createKernels(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(assemble([horizontal, vertical]));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return instance.exports as unknown as Kernels;
}
