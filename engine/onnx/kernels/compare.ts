/**
 * Comparisons, logic, selection and casts.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import type { Value } from "../ir.ts";
import { elementOf, type Tracer } from "../tracer.ts";
import type { Kernel, Kernels } from "./kernel.ts";

/** ONNX compares no booleans by size: they become integers. */
function comparison(op: string): Kernel {
  return (g, { a, b }) => {
    const ordered = [a, b].map((x) =>
      x.type === "bool" ? g.cast(x, "int32") : x
    );
    return g.map(op, op === "Equal" ? [a, b] : ordered, "bool");
  };
}

function logic(op: string): Kernel {
  return (g, { a, b }) => g.map(op, [a, b], "bool");
}

function test(op: string): Kernel {
  return (g, { x }) => g.map(op, [x], "bool");
}

/** A condition of rank 1 chooses rows, as in tfjs. */
function select(g: Tracer, condition: Value, t: Value, e: Value): Value {
  const rows = condition.shape.length === 1 && t.shape.length > 1;
  const shape = rows
    ? t.shape.map((_, axis) => axis === 0 ? condition.shape[0] : 1)
    : condition.shape;
  const c = g.reshape(g.cast(condition, "bool"), shape);
  if (t.type !== "bool") return g.map("Where", [c, t, e], t.type);
  const chosen = g.map("And", [c, t], "bool");
  const other = g.map("And", [g.map("Not", [c]), e], "bool");
  return g.map("Or", [chosen, other], "bool");
}

/** Comparison and selection kernels. */
export const compare: Kernels = {
  Equal: comparison("Equal"),
  Greater: comparison("Greater"),
  GreaterEqual: comparison("GreaterOrEqual"),
  Less: comparison("Less"),
  LessEqual: comparison("LessOrEqual"),
  NotEqual: (g, { a, b }) => g.map("Not", [g.map("Equal", [a, b], "bool")]),
  LogicalAnd: logic("And"),
  LogicalOr: logic("Or"),
  LogicalXor: logic("Xor"),
  LogicalNot: test("Not"),
  IsNan: test("IsNaN"),
  IsInf: test("IsInf"),
  IsFinite: (g, { x }) => {
    const tests = ["IsNaN", "IsInf"].map((op) => g.map(op, [x], "bool"));
    return g.map("Not", [g.map("Or", tests)]);
  },
  Select: (g, { condition, t, e }) => select(g, condition, t, e),
  Cast: (g, { x }, { dtype }: tf.CastAttrs) => g.cast(x, elementOf(dtype)),
  Identity: (_, { x }) => x,
};
