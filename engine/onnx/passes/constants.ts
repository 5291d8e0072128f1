/**
 * Pass: constants. Computes what kernels and other passes wrote about
 * constants, such as transposed weights, so that the file holds the results.
 * @module
 */
import {
  broadcastShape,
  type Constant,
  constant,
  type Data,
  dataOf,
  derivedName,
  type ElementType,
  type Graph,
  isConstant,
  type Node,
  sizeOf,
} from "../ir.ts";
import { rewrite } from "./rewrite.ts";

type Evaluate = (node: Node, ...inputs: Constant[]) => Constant;

const ELEMENTS: Readonly<Record<number, ElementType>> = {
  1: "float32",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
};

/** Elements the given strides apart, in the order of a shape. */
function gatherStrided(
  source: Data,
  shape: readonly number[],
  strides: readonly number[],
): Data {
  const target = new (source.constructor as new (n: number) => Data)(
    sizeOf(shape),
  );
  const index = shape.map(() => 0);
  let from = 0;
  for (let i = 0; i < target.length; i++) {
    target[i] = source[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return target;
}

/** Row-major strides; 0 along axes of length 1, which repeat. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((n, axis) => n === 1 ? 0 : sizeOf(shape.slice(axis + 1)));
}

/** Repeats a constant up to a shape that it broadcasts to. */
export function spread(x: Constant, shape: readonly number[]): Data {
  const lead = Array(shape.length - x.shape.length).fill(0);
  return gatherStrided(x.data, shape, [...lead, ...stridesOf(x.shape)]);
}

/** Permutes the axes of a constant. */
export function transposeConstant(
  x: Constant,
  perm: readonly number[],
): Constant {
  const shape = perm.map((axis) => x.shape[axis]);
  const strides = stridesOf(x.shape);
  const data = gatherStrided(x.data, shape, perm.map((axis) => strides[axis]));
  return constant(data, shape, x.type, x.name);
}

function unary(compute: (x: number) => number): Evaluate {
  return (_, x) => {
    const values = Array.from(x.data as Float32Array, compute);
    const name = derivedName([x], false);
    return constant(dataOf(x.type, values), x.shape, x.type, name);
  };
}

function binary(compute: (a: number, b: number) => number): Evaluate {
  return (_, a, b) => {
    const shape = broadcastShape(a.shape, b.shape);
    const left = spread(a, shape) as Float32Array;
    const right = spread(b, shape) as Float32Array;
    const values = left.map((x, i) => compute(x, right[i]));
    return constant(values, shape, a.type, derivedName([a, b], false));
  };
}

/** What is computed while exporting, by ONNX operator. */
const EVALUATE: Readonly<Record<string, Evaluate>> = {
  Transpose: (node, x) =>
    transposeConstant(x, node.attributes.perm as number[]),
  Reshape: (node, x) => constant(x.data, node.outputs[0].shape, x.type, x.name),
  Cast: (node, x) => {
    const type = ELEMENTS[node.attributes.to as number];
    const values = Array.from(x.data as ArrayLike<number | bigint>, Number);
    return constant(dataOf(type, values), x.shape, type, x.name);
  },
  Sqrt: unary(Math.sqrt),
  Neg: unary((x) => -x),
  Reciprocal: unary((x) => 1 / x),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
};

/** Runs the pass. */
export function foldConstants(graph: Graph, opset: number): Graph {
  return rewrite(graph, opset, (node) => {
    const evaluate = EVALUATE[node.op];
    const known = node.inputs.filter(isConstant);
    if (!evaluate || known.length < node.inputs.length) return undefined;
    const arithmetic = known.length === 2 && known[0].type === known[1].type;
    if (arithmetic && known[0].type !== "float32") return undefined;
    return [evaluate(node, ...known)];
  });
}
