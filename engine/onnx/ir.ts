/**
 * The intermediate representation: a graph of ONNX nodes over typed values.
 *
 * Nothing here is changed after it is made, except names, which one pass
 * writes at the end. Passes build new graphs; a value is recognised by object
 * identity, so a constant that nobody reads is simply not written to the file.
 * @module
 */

/** Element types: of traced tfjs functions, and those of smaller numbers. */
export type ElementType =
  | "float32"
  | "int32"
  | "int64"
  | "bool"
  | ReducedType;

/** Element types that only passes write. */
export type ReducedType = "float16" | "int8" | "uint8";

/** Numbers of a constant, in the array that fits its element type. */
export type Data =
  | Float32Array
  | Float16Array
  | Int32Array
  | BigInt64Array
  | Int8Array
  | Uint8Array;

/** What a node, an input or a constant yields. */
export interface Value {
  /** A hint until the naming pass, then unique in the graph. */
  name: string;
  /** Static; empty for a scalar. */
  readonly shape: readonly number[];
  /** Element type, also of what ONNX Runtime is fed. */
  readonly type: ElementType;
  /** Present on constants. */
  readonly data?: Data;
}

/** A constant. */
export type Constant = Value & { readonly data: Data };

/** A float attribute; plain numbers are integers. */
export interface Float {
  /** Written as ONNX's FLOAT, so rounded to float32. */
  readonly float: number;
}

/** Value of a node's attribute. */
export type Attribute = number | string | Float | readonly number[];

/** One ONNX operation. */
export interface Node {
  /** Unique after the naming pass. */
  name: string;
  /** Operator of its domain. */
  readonly op: string;
  /** Absent: ONNX's own operators. */
  readonly domain?: "com.microsoft";
  /** `null` stands for an optional input that is left out. */
  readonly inputs: readonly (Value | null)[];
  /** In the operator's order; their types are checked against its rule. */
  readonly outputs: readonly Value[];
  /** By ONNX's names, such as `strides`. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Where it came from: the module of the last named weight, tfjs scopes. */
  readonly scope: string;
}

/** Domain of the operators that ONNX Runtime has beside ONNX's. */
export const MICROSOFT = "com.microsoft";

/** A graph; nodes are in an order in which they can run. */
export interface Graph {
  /** What a run is fed, by name. */
  readonly inputs: readonly Value[];
  /** What a run yields; one value may have several names. */
  readonly outputs: readonly { name: string; value: Value }[];
  /** Every value is defined before it is used. */
  readonly nodes: readonly Node[];
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Whether two lists hold the same numbers. */
export function sameNumbers(
  a: readonly number[],
  b: readonly number[],
): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** A value without numbers. */
export function symbol(
  shape: readonly number[],
  type: ElementType,
  name = "value",
): Value {
  return { name, shape, type };
}

/** The name of constants that nobody named. */
export const UNNAMED = "constant";

/**
 * The name of a constant computed from others: of a single named one, which a
 * mere change of layout does not alter.
 */
export function derivedName(
  sources: readonly Value[],
  sameNumbers: boolean,
): string {
  const names = sources.map(({ name }) => name)
    .filter((name) => name !== UNNAMED);
  if (names.length !== 1) return UNNAMED;
  const [name] = names;
  return sameNumbers || name.endsWith(FOLDED) ? name : name + FOLDED;
}

/** Marks a weight into which other numbers have been multiplied or added. */
const FOLDED = ".folded";

/** A constant; the array is used as it is, not copied. */
export function constant(
  data: Data,
  shape: readonly number[],
  type: ElementType,
  name = UNNAMED,
): Constant {
  return { name, shape, type, data };
}

/** A rank-1 int64 constant, the form of ONNX' shapes, axes and pads. */
export function int64s(numbers: readonly number[]): Constant {
  const data = BigInt64Array.from(numbers, (n) => BigInt(n));
  return constant(data, [numbers.length], "int64");
}

/** The numbers of a constant, as JavaScript numbers. */
export function numbersOf(value: Constant): number[] {
  return Array.from(value.data as ArrayLike<number | bigint>, Number);
}

/** Whether a value is a constant. */
export function isConstant(
  value: Value | null | undefined,
): value is Constant {
  return value?.data !== undefined;
}

/** The array type of an element type. */
export function dataOf(type: ElementType, values: ArrayLike<number>): Data {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "int64":
      return BigInt64Array.from(Array.from(values), (n) => BigInt(n));
    case "bool":
      return Uint8Array.from(values, (n) => n ? 1 : 0);
    case "float16":
      return Float16Array.from(values);
    case "int8":
      return Int8Array.from(values);
    case "uint8":
      return Uint8Array.from(values);
  }
}

/** The shape that ONNX and NumPy broadcasting gives. */
export function broadcastShape(
  ...shapes: (readonly number[])[]
): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const dims = shapes.map((s) => s[i - rank + s.length] ?? 1);
    const wide = dims.find((n) => n !== 1) ?? 1;
    if (dims.some((n) => n !== 1 && n !== wide)) {
      const found = shapes.map((s) => `[${s}]`).join(" and ");
      throw new RangeError(`Cannot broadcast the shapes ${found}`);
    }
    return wide;
  });
}
