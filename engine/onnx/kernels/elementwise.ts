/**
 * Arithmetic, activations and rounding: one value in, one value out.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { float } from "../builder.ts";
import { broadcastShape, type Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import type { Kernel, Kernels } from "./kernel.ts";

/** ONNX operation of the same type as its operand. */
function unary(op: string): Kernel {
  return (g, { x }) => g.map(op, [x]);
}

/** ONNX operation on floats; integers are cast, as tfjs does. */
function floating(op: string): Kernel {
  return (g, { x }) => g.map(op, [g.cast(x, "float32")]);
}

/** Rounding: nothing to do for integers. */
function rounding(op: string): Kernel {
  return (g, { x }) => x.type === "float32" ? g.map(op, [x]) : x;
}

/** ONNX operation of two broadcast operands. */
function binary(op: string): Kernel {
  return (g, { a, b }) => g.map(op, [a, b]);
}

/** The remainder with the sign of the divisor. */
function modulo(g: Tracer, a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape);
  const mod = (x: Value, fmod: number) =>
    g.node("Mod", [x, b], { shape, type: a.type }, { fmod });
  if (a.type === "int32") return mod(a, 0);
  return mod(g.map("Add", [mod(a, 1), b]), 1);
}

function clip(g: Tracer, x: Value, low: number, high: number): Value {
  const bounds = [low, high].map((bound) => g.scalar(bound, x.type));
  return g.node("Clip", [x, ...bounds], x);
}

/** Atan(y / x), moved to the quadrant of (x, y). */
function atan2(g: Tracer, y: Value, x: Value): Value {
  const zero = g.scalar(0);
  const onAxis = g.map("Equal", [x, zero], "bool");
  const divisor = g.map("Where", [onAxis, g.scalar(1), x], "float32");
  const angle = g.map("Atan", [g.map("Div", [y, divisor])]);
  const below = g.map("Less", [y, zero], "bool");
  const side = (n: number) =>
    g.map("Where", [below, g.scalar(-n), g.scalar(n)], "float32");
  const left = g.map("Less", [x, zero], "bool");
  const turn = g.map("Where", [left, side(Math.PI), zero], "float32");
  const turned = g.map("Add", [angle, turn]);
  const up = g.map("Mul", [g.map("Sign", [y]), g.scalar(Math.PI / 2)]);
  return g.map("Where", [onAxis, up, turned], "float32");
}

const UNARY = ["Abs", "Neg", "Relu", "Sign"];
const FLOATING = [
  "Exp,Log,Sqrt,Reciprocal,Sigmoid,Softplus,Erf,Elu,Selu",
  "Sin,Cos,Tan,Asin,Acos,Atan,Sinh,Cosh,Tanh,Asinh,Acosh,Atanh",
].join(",").split(",");
const BINARY: Record<string, string> = {
  Add: "Add",
  Sub: "Sub",
  Multiply: "Mul",
  RealDiv: "Div",
  Pow: "Pow",
  Maximum: "Max",
  Minimum: "Min",
};

function table(names: string[], make: (op: string) => Kernel): Kernels {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}

/** Elementwise kernels. */
export const elementwise: Kernels = {
  ...table(UNARY, unary),
  ...table(FLOATING, floating),
  ...table(["Floor", "Ceil", "Round"], rounding),
  ...table(Object.keys(BINARY), (name) => binary(BINARY[name])),
  AddN: (g, inputs) =>
    Object.values(inputs).reduce((sum, x) => g.map("Add", [sum, x])),
  Atan2: (g, { a, b }) => atan2(g, a, b),
  ClipByValue: (g, { x }, attrs: tf.ClipByValueAttrs) =>
    clip(g, x, attrs.clipValueMin, attrs.clipValueMax),
  Expm1: (g, { x }) => g.map("Sub", [g.map("Exp", [x]), g.scalar(1)]),
  FloorDiv: (g, { a, b }) =>
    a.type === "int32"
      ? g.map("Div", [g.map("Sub", [a, modulo(g, a, b)]), b])
      : g.map("Floor", [g.map("Div", [a, b])]),
  LeakyRelu: (g, { x }, attrs: tf.LeakyReluAttrs) =>
    g.node("LeakyRelu", [x], x, { alpha: float(attrs.alpha) }),
  Log1p: (g, { x }) => g.map("Log", [g.map("Add", [x, g.scalar(1)])]),
  Mod: (g, { a, b }) => modulo(g, a, b),
  Prelu: (g, { x, alpha }) => g.node("PRelu", [x, alpha], x),
  Relu6: (g, { x }) => clip(g, x, 0, 6),
  Rsqrt: (g, { x }) => g.map("Reciprocal", [g.map("Sqrt", [x])]),
  Square: (g, { x }) => g.map("Mul", [x, x]),
  SquaredDifference: (g, { a, b }) => {
    const difference = g.map("Sub", [a, b]);
    return g.map("Mul", [difference, difference]);
  },
  Step: (g, { x }, { alpha }: tf.StepAttrs) => {
    const positive = g.map("Greater", [x, g.scalar(0, x.type)], "bool");
    const sides = [g.scalar(1, x.type), g.scalar(alpha ?? 0, x.type)];
    return g.map("Where", [positive, ...sides], x.type);
  },
};
