/**
 * As much of a WebAssembly assembler as two kernels need: expressions are
 * nested calls, each giving the bytes of its instructions.
 *
 * Source: WebAssembly 2.0 specification, chapter 5 (binary format).
 * @module
 */

/** Bytes of instructions. */
export type Code = readonly number[];

/** A function to assemble; all values it takes are i32. */
export interface Routine {
  name: string;
  params: readonly string[];
  /** Further variables, by type. */
  i32: readonly string[];
  v128: readonly string[];
  body: (variable: Variables) => Code;
}

/** Reads and writes of a routine's variables. */
export interface Variables {
  get(name: string): Code;
  set(name: string, value: Code): Code;
}

const TYPE = { i32: 0x7f, v128: 0x7b } as const;

function unsigned(value: number): number[] {
  const out: number[] = [];
  do {
    const rest = value >>> 7;
    out.push((value & 0x7f) | (rest ? 0x80 : 0));
    value = rest;
  } while (value);
  return out;
}

function signed(value: number): number[] {
  const out: number[] = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    const last = byte & 0x40 ? value === -1 : value === 0;
    out.push(last ? byte : byte | 0x80);
    if (last) return out;
  }
}

function list(items: readonly Code[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: Code): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function text(value: string): number[] {
  return list([...new TextEncoder().encode(value)].map((byte) => [byte]));
}

/** A module of routines over the memory that it imports as `env.memory`. */
export function assemble(
  routines: readonly Routine[],
): Uint8Array<ArrayBuffer> {
  const types = routines.map(({ params }) => [
    0x60,
    ...list(params.map(() => [TYPE.i32])),
    0,
  ]);
  const bodies = routines.map((routine) => {
    const locals = list([
      [...unsigned(routine.i32.length), TYPE.i32],
      [...unsigned(routine.v128.length), TYPE.v128],
    ]);
    const body = [...locals, ...routine.body(variablesOf(routine)), 0x0b];
    return [...unsigned(body.length), ...body];
  });
  const memory = [...text("env"), ...text("memory"), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(routines.map((_, i) => unsigned(i)))),
    ...section(
      7,
      list(routines.map(({ name }, i) => [...text(name), 0, ...unsigned(i)])),
    ),
    ...section(10, list(bodies)),
  ]);
}

function variablesOf({ name: routine, params, i32, v128 }: Routine): Variables {
  const names = [...params, ...i32, ...v128];
  const indexOf = (name: string) => {
    const index = names.indexOf(name);
    if (index < 0) throw new Error(`${routine} has no variable ${name}`);
    return unsigned(index);
  };
  return {
    get: (name) => [0x20, ...indexOf(name)],
    set: (name, value) => [...value, 0x21, ...indexOf(name)],
  };
}

const operation = (opcode: number) => (a: Code, b: Code) => [
  ...a,
  ...b,
  opcode,
];

/** An i32 constant. */
export const constant = (value: number): Code => [0x41, ...signed(value)];
/** i32: a + b */
export const add: (a: Code, b: Code) => Code = operation(0x6a);
/** i32: a · b */
export const times: (a: Code, b: Code) => Code = operation(0x6c);
/** i32: a < b, unsigned */
export const below: (a: Code, b: Code) => Code = operation(0x49);

/** An i32 in memory. */
export const load = (address: Code, offset = 0): Code => [
  ...address,
  0x28,
  2,
  ...unsigned(offset),
];

/** Runs the body, and again while the condition holds. */
export const repeat = (body: readonly Code[], condition: Code): Code => [
  ...[0x03, 0x40],
  ...body.flat(),
  ...condition,
  ...[0x0d, 0x00, 0x0b],
];

const vector = (opcode: number) => [0xfd, ...unsigned(opcode)];

const vectorLoad = (opcode: number) => (address: Code, offset = 0): Code => [
  ...address,
  ...vector(opcode),
  0,
  ...unsigned(offset),
];

const vectorOperation = (opcode: number) => (a: Code, b: Code): Code => [
  ...a,
  ...b,
  ...vector(opcode),
];

const vectorChange = (opcode: number) => (a: Code): Code => [
  ...a,
  ...vector(opcode),
];

/** 16 bytes of memory. */
export const load16: (address: Code, offset?: number) => Code = vectorLoad(0);
/** 8 bytes of memory, then zeros. */
export const load8: (address: Code, offset?: number) => Code = vectorLoad(0x5d);
/** 4 bytes of memory, four times. */
export const load4x4: (address: Code, offset?: number) => Code = vectorLoad(9);

/** Four times an i32 constant. */
export const splat = (value: number): Code => [...constant(value), 0xfd, 0x11];

/** Bytes by index: 0–15 of a, 16–31 of b. */
export const shuffle = (a: Code, b: Code, lanes: readonly number[]): Code => [
  ...a,
  ...b,
  ...vector(0x0d),
  ...lanes,
];

/** i16x8 from the low 8 bytes, unsigned. */
export const widenLow: (a: Code) => Code = vectorChange(0x89);
/** i16x8 from the high 8 bytes, unsigned. */
export const widenHigh: (a: Code) => Code = vectorChange(0x8a);
/** i32x4: a + b */
export const add4: (a: Code, b: Code) => Code = vectorOperation(0xae);
/** i32x4 from i16x8: a₀b₀ + a₁b₁, … */
export const dot: (a: Code, b: Code) => Code = vectorOperation(0xba);
/** i16x8 from two i32x4, signed, saturated. */
export const narrow8: (a: Code, b: Code) => Code = vectorOperation(0x85);
/** Bytes from two i16x8, clamped to 0–255. */
export const narrow16: (a: Code, b: Code) => Code = vectorOperation(0x66);
/** i32x4: a << bits */
export const shiftLeft = (a: Code, bits: number): Code => [
  ...a,
  ...constant(bits),
  ...vector(0xab),
];
/** i32x4: a >> bits, signed */
export const shiftRight = (a: Code, bits: number): Code => [
  ...a,
  ...constant(bits),
  ...vector(0xac),
];

/** Writes 16 bytes. */
export const store16 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...vector(0x0b),
  0,
  ...unsigned(offset),
];
/** Writes the first 4 bytes. */
export const store4 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...vector(0x5a),
  0,
  ...unsigned(offset),
  0,
];
