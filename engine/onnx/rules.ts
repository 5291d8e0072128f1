/**
 * What each ONNX operator yields: the checker's table of shapes and types.
 * A rule leaves out what it cannot tell.
 * @module
 */
import {
  broadcastShape,
  type Constant,
  type ElementType,
  isConstant,
  type Node,
  numbersOf,
  sameNumbers,
  sizeOf,
  type Value,
} from "./ir.ts";

interface Expected {
  shape?: readonly number[];
  type?: ElementType;
}

type Rule = (node: Node) => Expected[];

function operands(node: Node): Value[] {
  return node.inputs.filter((input) => input !== null);
}

function sameType(values: Value[]): ElementType {
  const types = [...new Set(values.map((value) => value.type))];
  if (types.length > 1) {
    throw new TypeError(`operands are ${types.join(" and ")}`);
  }
  return types[0];
}

function needs(value: Value, ...types: ElementType[]): void {
  if (types.includes(value.type)) return;
  throw new TypeError(
    `operand is ${value.type}, expected ${types.join(" or ")}`,
  );
}

/** Broadcast operands of one type; the result's type if it differs. */
function broadcast(result?: ElementType, ...accepts: ElementType[]): Rule {
  return (node) => {
    const values = operands(node);
    const type = sameType(values);
    if (accepts.length > 0) needs(values[0], ...accepts);
    const shape = broadcastShape(...values.map((value) => value.shape));
    return [{ shape, type: result ?? type }];
  };
}

/** The numbers of an operand that has to be known. */
function known(node: Node, index: number): number[] {
  const value = node.inputs[index];
  if (isConstant(value)) return numbersOf(value);
  throw new TypeError(`operand ${index} is not a constant`);
}

const where: Rule = (node) => {
  const [condition, ...sides] = operands(node);
  needs(condition, "bool");
  const shape = broadcastShape(...operands(node).map((value) => value.shape));
  return [{ shape, type: sameType(sides) }];
};

const reshape: Rule = (node) => {
  const shape = known(node, 1);
  const [x] = operands(node);
  if (sizeOf(x.shape) !== sizeOf(shape)) {
    throw new RangeError(`cannot reshape [${x.shape}] to [${shape}]`);
  }
  return [{ shape, type: x.type }];
};

const transpose: Rule = (node) => {
  const [x] = operands(node);
  const perm = node.attributes.perm as number[];
  const axes = [...perm].sort((a, b) => a - b);
  if (!sameNumbers(axes, x.shape.map((_, i) => i))) {
    throw new RangeError(`perm [${perm}] does not fit shape [${x.shape}]`);
  }
  return [{ shape: perm.map((axis) => x.shape[axis]), type: x.type }];
};

const matmul: Rule = (node) => {
  const [a, b] = operands(node);
  needs(a, "float32", "float16", "int32");
  if (a.shape.at(-1) !== b.shape.at(-2)) {
    throw new RangeError(`cannot multiply [${a.shape}] by [${b.shape}]`);
  }
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
  return [{ shape, type: sameType([a, b]) }];
};

const concat: Rule = (node) => {
  const values = operands(node);
  const axis = node.attributes.axis as number;
  const shape = [...values[0].shape];
  shape[axis] = values.reduce((sum, value) => sum + value.shape[axis], 0);
  for (const value of values) {
    const fits = value.shape.length === shape.length &&
      value.shape.every((n, i) => i === axis || n === shape[i]);
    if (!fits) {
      throw new RangeError(`cannot join [${value.shape}] to [${shape}]`);
    }
  }
  return [{ shape, type: sameType(values) }];
};

const conv: Rule = (node) => {
  const [x, w, bias] = operands(node);
  needs(x, "float32", "float16");
  const { group, pads, strides, dilations } = node.attributes as
    & Record<
      string,
      number[]
    >
    & { group: number };
  if (x.shape[1] !== w.shape[1] * group) {
    throw new RangeError(
      `image of ${x.shape[1]} channels, weights of ${w.shape[1]} × ${group}`,
    );
  }
  if (bias && sizeOf(bias.shape) !== w.shape[0]) {
    throw new RangeError(`bias [${bias.shape}] for ${w.shape[0]} channels`);
  }
  const spatial = [0, 1].map((i) => {
    const kernel = (w.shape[2 + i] - 1) * dilations[i] + 1;
    const free = x.shape[2 + i] + pads[i] + pads[2 + i] - kernel;
    return Math.floor(free / strides[i]) + 1;
  });
  return [{ shape: [x.shape[0], w.shape[0], ...spatial], type: x.type }];
};

const gather: Rule = (node) => {
  const [x, indices] = operands(node);
  needs(indices, "int32", "int64");
  const axis = node.attributes.axis as number;
  const { shape } = x;
  const parts = [shape.slice(0, axis), indices.shape, shape.slice(axis + 1)];
  return [{ shape: parts.flat(), type: x.type }];
};

const reduce: Rule = (node) => {
  const [x, second] = operands(node);
  const axes = second
    ? numbersOf(second as Constant)
    : node.attributes.axes as number[];
  const keep = node.attributes.keepdims === 1;
  const shape = x.shape.map((n, i) => axes.includes(i) ? 1 : n)
    .filter((_, i) => keep || !axes.includes(i));
  return [{ shape, type: x.type }];
};

const expand: Rule = (node) => {
  const [x] = operands(node);
  return [{ shape: broadcastShape(x.shape, known(node, 1)), type: x.type }];
};

const first: Rule = (node) => {
  const [x] = operands(node);
  return [{ shape: x.shape, type: x.type }];
};

const real: Rule = (node) => {
  needs(operands(node)[0], "float32", "float16");
  return first(node);
};

function each(names: string, rule: Rule): Record<string, Rule> {
  return Object.fromEntries(names.split(" ").map((name) => [name, rule]));
}

const arithmetic = broadcast(undefined, "float32", "float16", "int32");

const quantize: Rule = (node) => {
  const [x] = operands(node);
  needs(x, "float32");
  return [
    { shape: x.shape, type: "uint8" },
    { shape: [], type: "float32" },
    { shape: [], type: "uint8" },
  ];
};

const wholeMatmul: Rule = (node) => {
  const [a, b, zero] = operands(node);
  for (const value of [a, b]) needs(value, "uint8", "int8");
  if (zero) needs(zero, a.type);
  if (a.shape.at(-1) !== b.shape[0]) {
    throw new RangeError(`cannot multiply [${a.shape}] by [${b.shape}]`);
  }
  return [{ shape: [...a.shape.slice(0, -1), b.shape[1]], type: "int32" }];
};

/** Rules by ONNX operator. */
export const RULES: Readonly<Record<string, Rule>> = {
  ...each("Add Sub Mul Div Pow Mod", arithmetic),
  ...each("Max Min", broadcast()),
  ...each("And Or Xor", broadcast("bool", "bool")),
  ...each("Equal", broadcast("bool")),
  ...each(
    "Greater GreaterOrEqual Less LessOrEqual",
    broadcast("bool", "float32", "int32"),
  ),
  ...each("Not", broadcast("bool", "bool")),
  ...each("IsNaN IsInf", broadcast("bool", "float32")),
  ...each("ReduceSum ReduceMax ReduceMin ReduceProd ReduceMean", reduce),
  ...each("Softmax LogSoftmax Sqrt Exp Log Sigmoid Sin Cos Reciprocal", real),
  ...each("Relu Neg Abs Floor Ceil Round Identity CumSum Clip", first),
  Where: where,
  Reshape: reshape,
  Transpose: transpose,
  MatMul: matmul,
  DynamicQuantizeLinear: quantize,
  MatMulInteger: wholeMatmul,
  Concat: concat,
  Conv: conv,
  Gather: gather,
  Expand: expand,
};
