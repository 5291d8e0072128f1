/**
 * How each operation works on permuted axes: the layout pass' table. An entry
 * emits the operation and says whether it could.
 * @module
 */
import {
  int64s,
  isConstant,
  type Node,
  numbersOf,
  sameNumbers,
  sizeOf,
  type Value,
} from "../ir.ts";
import {
  compose,
  identity,
  invert,
  isReshape,
  type Layout,
  type View,
} from "./permuted.ts";

type Carry = (layout: Layout, node: Node) => boolean;

/** The operand seen with the rank of the result. */
function raise(layout: Layout, value: Value, rank: number): View {
  if (value.shape.length === rank) return layout.view(value);
  const lead = Array(rank - value.shape.length).fill(1);
  const plain = layout.plain(value);
  const shape = [...lead, ...value.shape];
  const base = isConstant(plain)
    ? { ...plain, shape }
    : layout.g.reshape(plain, shape);
  return { base, perm: identity(rank) };
}

/** Numbers that must move to see an operand under another permutation. */
function moved({ base, perm }: View, target: readonly number[]): number {
  const change = compose(perm, invert(target));
  return isConstant(base) || isReshape(base.shape, change)
    ? 0
    : sizeOf(base.shape);
}

/** Broadcasting operations take the order that moves the fewest numbers. */
const elementwise: Carry = (layout, node) => {
  const { shape } = node.outputs[0];
  const operands = node.inputs.filter((value) => value !== null);
  const wide = operands.filter((value) => value.shape.length === shape.length);
  const orders = wide.map((value) => layout.view(value).perm);
  const plain = identity(shape.length);
  const cost = (order: readonly number[]) =>
    operands.reduce((sum, value) => {
      if (value.shape.length < shape.length) return sum;
      return sum + moved(layout.view(value), order);
    }, 0);
  const cheapest = orders.reduce((a, b) => cost(b) < cost(a) ? b : a);
  // Ties keep the real order: a moved transpose must save one. Where nothing
  // moves either way the pending order spares a reshape.
  const gain = cost(plain) - cost(cheapest);
  const best = gain > 0 || cost(plain) === 0 ? cheapest : plain;
  const largest = Math.max(...wide.map((value) => sizeOf(value.shape)));
  const grows = sizeOf(shape) > largest;
  if (grows || sameNumbers(best, plain)) return false;
  const inputs = operands.map((value) => {
    if (sizeOf(value.shape) === 1 && value.shape.length === 0) return value;
    const { base, perm } = raise(layout, value, shape.length);
    return layout.permute(base, compose(perm, invert(best)));
  });
  layout.emit(node, inputs, best);
  return true;
};

/** Operations of one operand that look at no axis; the rest are scalars. */
const unary: Carry = (layout, node) => {
  const [x, ...rest] = node.inputs;
  const { base, perm } = layout.view(x!);
  layout.emit(node, [base, ...rest], perm);
  return true;
};

/** Operations along one axis, named by an attribute. */
const along: Carry = (layout, node) => {
  const views = node.inputs.map((value) => layout.view(value!));
  const operands = node.op === "Split" ? views.slice(0, 1) : views;
  const { perm } = operands[0];
  if (!operands.every((view) => sameNumbers(view.perm, perm))) return false;
  const axis = perm[node.attributes.axis as number];
  const last = axis === perm.length - 1;
  if (node.op.endsWith("Softmax") && !last) return false;
  const inputs = node.inputs.map((value, i) => operands[i]?.base ?? value);
  layout.emit(node, inputs, perm, { ...node.attributes, axis });
  return true;
};

const reduce: Carry = (layout, node) => {
  const [x, second] = node.inputs;
  const { base, perm } = layout.view(x!);
  if (second && !isConstant(second)) return false;
  const named = second
    ? numbersOf(second)
    : node.attributes.axes as readonly number[];
  const axes = named.map((axis) => perm[axis]).sort((a, b) => a - b);
  const attributes = second ? node.attributes : { ...node.attributes, axes };
  const inputs = second ? [base, int64s(axes)] : [base];
  if (node.attributes.keepdims === 1) {
    layout.emit(node, inputs, perm, attributes);
    return true;
  }
  const kept = perm.filter((axis) => !axes.includes(axis));
  const order = kept.toSorted((a, b) => a - b);
  layout.emit(
    node,
    inputs,
    kept.map((axis) => order.indexOf(axis)),
    attributes,
  );
  return true;
};

const pad: Carry = (layout, node) => {
  const [x, pads, ...rest] = node.inputs;
  if (!isConstant(pads)) return false;
  const { base, perm } = layout.view(x!);
  const order = invert(perm);
  const numbers = numbersOf(pads);
  const rank = perm.length;
  const ends = [0, rank].flatMap((end) => order.map((i) => numbers[end + i]));
  layout.emit(node, [base, int64s(ends), ...rest], perm);
  return true;
};

const slice: Carry = (layout, node) => {
  const [x, starts, ends, axes, steps] = node.inputs;
  if (!isConstant(axes)) return false;
  const { base, perm } = layout.view(x!);
  const named = int64s(numbersOf(axes).map((axis) => perm[axis]));
  layout.emit(node, [base, starts, ends, named, steps], perm);
  return true;
};

/** Operations whose second operand has one number an axis. */
const perAxis: Carry = (layout, node) => {
  const [x, second] = node.inputs;
  if (!isConstant(second)) return false;
  const { base, perm } = layout.view(x!);
  const numbers = numbersOf(second);
  if (numbers.length !== perm.length) return false;
  const moved = int64s(invert(perm).map((axis) => numbers[axis]));
  layout.emit(node, [base, moved], perm);
  return true;
};

function each(names: string, carry: Carry): Record<string, Carry> {
  return Object.fromEntries(names.split(" ").map((name) => [name, carry]));
}

/** Entries by ONNX operator; others read values in their own order. */
export const CARRIERS: Readonly<Record<string, Carry>> = {
  ...each("Add Sub Mul Div Pow Mod Max Min And Or Xor Where", elementwise),
  ...each("Equal Greater GreaterOrEqual Less LessOrEqual", elementwise),
  ...each("Abs Neg Sign Exp Log Sqrt Reciprocal Floor Ceil Round", unary),
  ...each("Relu Clip Sigmoid Tanh Erf Elu Selu LeakyRelu Softplus", unary),
  ...each("Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh", unary),
  ...each("Not IsNaN IsInf Cast Identity", unary),
  ...each("ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd", reduce),
  ...each("Concat Split Softmax LogSoftmax", along),
  ...each("Tile Expand", perAxis),
  Pad: pad,
  Slice: slice,
};
