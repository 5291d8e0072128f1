/**
 * The activations that tfjs fuses into products and convolutions.
 * @module
 */
import { float } from "../builder.ts";
import type { Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";

interface Activation {
  activation?: string;
  leakyreluAlpha?: number;
}

/** Emits a fused activation; `slope` is prelu's. */
export function activate(
  g: Tracer,
  x: Value,
  { activation, leakyreluAlpha }: Activation,
  slope?: Value,
): Value {
  switch (activation ?? "linear") {
    case "linear":
      return x;
    case "relu":
      return g.map("Relu", [x]);
    case "relu6":
      return g.node("Clip", [x, g.scalar(0), g.scalar(6)], x);
    case "elu":
      return g.map("Elu", [x]);
    case "sigmoid":
      return g.map("Sigmoid", [x]);
    case "leakyrelu":
      return g.node("LeakyRelu", [x], x, {
        alpha: float(leakyreluAlpha ?? 0.2),
      });
    case "prelu":
      return g.node("PRelu", [x, slope!], x);
    default:
      throw new Error(`the activation "${activation}" has no ONNX form`);
  }
}
