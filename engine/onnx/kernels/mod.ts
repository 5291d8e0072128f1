/**
 * All kernels of the "onnx" backend, by tfjs name.
 * @module
 */
import { compare } from "./compare.ts";
import { convolutions } from "./conv.ts";
import { elementwise } from "./elementwise.ts";
import { gathers } from "./gather.ts";
import type { Kernels } from "./kernel.ts";
import { products } from "./matmul.ts";
import { pools } from "./pool.ts";
import { random } from "./random.ts";
import { reductions } from "./reduce.ts";
import { shapes } from "./shape.ts";
import { slices } from "./slice.ts";

/** Kernels that exportOnnx() can write. */
export const KERNELS: Kernels = {
  ...elementwise,
  ...compare,
  ...reductions,
  ...shapes,
  ...slices,
  ...gathers,
  ...products,
  ...convolutions,
  ...pools,
  ...random,
};
