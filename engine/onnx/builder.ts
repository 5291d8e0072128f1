/**
 * Writes nodes: what kernels and passes use to emit ONNX operations.
 * @module
 */
import {
  type Attribute,
  broadcastShape,
  constant,
  dataOf,
  type ElementType,
  int64s,
  type Node,
  sameNumbers,
  sizeOf,
  symbol,
  type Value,
} from "./ir.ts";

/** Attributes by name; an integer stays an integer, see {@link float}. */
export type Attributes = Record<string, Attribute>;

/** Marks a number as a float attribute. */
export function float(value: number): Attribute {
  return { float: value };
}

/** What an operation yields: shape and type; the type defaults to float32. */
export interface Result {
  readonly shape: readonly number[];
  readonly type?: ElementType;
}

/** Appends nodes to a list. */
export class Builder {
  readonly nodes: Node[] = [];

  /** @param opset The ONNX operator set that nodes are written for. */
  constructor(readonly opset: number) {}

  /** Where nodes say they come from. */
  scope(): string {
    return "";
  }

  /** Emits an operation with one output. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    result: Result,
    attributes: Attributes = {},
    domain?: Node["domain"],
  ): Value {
    return this.split(op, inputs, [result], attributes, domain)[0];
  }

  /** Emits an operation with several outputs. */
  split(
    op: string,
    inputs: readonly (Value | null)[],
    results: readonly Result[],
    attributes: Attributes = {},
    domain?: Node["domain"],
  ): Value[] {
    const outputs = results.map(({ shape, type }) =>
      symbol(shape, type ?? "float32", op)
    );
    const scope = this.scope();
    const node = { name: op, op, inputs, outputs, attributes, scope };
    this.nodes.push(domain ? { ...node, domain } : node);
    return outputs;
  }

  /** Emits an elementwise operation of broadcast operands. */
  map(op: string, inputs: readonly Value[], type?: ElementType): Value {
    const shape = broadcastShape(...inputs.map((value) => value.shape));
    return this.node(op, inputs, { shape, type: type ?? inputs[0].type });
  }

  /** A constant without dimensions. */
  scalar(value: number, type: ElementType = "float32"): Value {
    return constant(dataOf(type, [value]), [], type);
  }

  /** A rank-1 int64 constant. */
  ints(values: readonly number[]): Value {
    return int64s(values);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return x;
    const shape = perm.map((axis) => x.shape[axis]);
    return this.node("Transpose", [x], { shape, type: x.type }, { perm });
  }

  /** Reshapes; a shape that holds already costs no node. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sameNumbers(x.shape, shape)) return x;
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new RangeError(`Cannot reshape [${x.shape}] to [${shape}]`);
    }
    const inputs = [x, int64s(shape)];
    // Without the flag a 0 means "as in the input".
    const attributes: Attributes = shape.includes(0) ? { allowzero: 1 } : {};
    return this.node("Reshape", inputs, { shape, type: x.type }, attributes);
  }

  /** Casts; a type that holds already costs no node. */
  cast(x: Value, type: ElementType): Value {
    if (x.type === type) return x;
    const attributes = { to: ELEMENT_CODES[type] };
    return this.node("Cast", [x], { shape: x.shape, type }, attributes);
  }

  /** Repeats axes of length 1, and adds leading ones, up to a shape. */
  expand(x: Value, shape: readonly number[]): Value {
    if (sameNumbers(x.shape, shape)) return x;
    return this.node("Expand", [x, int64s(shape)], { shape, type: x.type });
  }

  /** Slices with ONNX' conventions: one start, end and step an axis. */
  slice(
    x: Value,
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[],
    shape: readonly number[],
  ): Value {
    const used = x.shape.map((_, axis) => axis).filter((axis) =>
      steps[axis] !== 1 || starts[axis] !== 0 || ends[axis] !== x.shape[axis]
    );
    if (used.length === 0) return x;
    const lists = [starts, ends].map((list) => used.map((a) => list[a]));
    const bounds = [...lists, used, used.map((a) => steps[a])];
    const inputs = [x, ...bounds.map(int64s)];
    return this.node("Slice", inputs, { shape, type: x.type });
  }
}

/** Codes of TensorProto.DataType. */
export const ELEMENT_CODES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};
