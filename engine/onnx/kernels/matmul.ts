/**
 * Matrix products.
 * @module
 */
import type * as tf from "@tensorflow/tfjs-core";
import { broadcastShape, type Value } from "../ir.ts";
import type { Tracer } from "../tracer.ts";
import { activate } from "./activation.ts";
import { type Kernels, listOf } from "./kernel.ts";

function transposeLast(g: Tracer, x: Value, wanted: boolean): Value {
  if (!wanted) return x;
  const axes = x.shape.map((_, i) => i);
  return g.transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

function matmul(
  g: Tracer,
  left: Value,
  right: Value,
  attrs: tf.BatchMatMulAttrs,
): Value {
  const a = transposeLast(g, left, attrs.transposeA);
  const b = transposeLast(g, right, attrs.transposeB);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
  return g.node("MatMul", [a, b], { shape });
}

/** Output shape of an equation in explicit form, such as `bqc,bkc->bqk`. */
function einsum(g: Tracer, parts: Value[], equation: string): Value {
  const plain = equation.replace(/\s/g, "");
  const [terms, target] = plain.split("->");
  const sizes = new Map<string, number>();
  terms.split(",").forEach((term, i) =>
    [...term].forEach((letter, axis) => sizes.set(letter, parts[i].shape[axis]))
  );
  const shape = [...target].map((letter) => sizes.get(letter)!);
  return g.node("Einsum", parts, { shape }, { equation: plain });
}

/** Matrix kernels. */
export const products: Kernels = {
  BatchMatMul: (g, { a, b }, attrs: tf.BatchMatMulAttrs) =>
    matmul(g, a, b, attrs),
  _FusedMatMul: (g, inputs, attrs: tf._FusedMatMulAttrs) => {
    const { a, b, bias, preluActivationWeights: slope } = inputs;
    const product = matmul(g, a, b, attrs);
    const sum = bias ? g.map("Add", [product, bias]) : product;
    return activate(g, sum, attrs, slope);
  },
  Einsum: (g, inputs, { equation }: tf.EinsumAttrs) =>
    einsum(g, listOf(inputs), equation),
};
