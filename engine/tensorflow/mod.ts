/**
 * TensorFlow for tfjs: tfjs-node's own kernels over libtensorflow by FFI, and
 * functions of tensors recorded as TensorFlow functions.
 *
 * ```
 * start.ts       library, context, backend: what startTensorFlow does
 * library/       where the C library comes from
 * capi, symbols  the C API;  values, eager, read: tensors and operations
 * memory.ts      where tensors lie, for other libraries of the device
 * binding.ts     what tfjs-node's kernels call;  backend.ts: their backend
 * kernels/       kernels and gradients that replace tfjs's own
 * function/      record → graph → compile, or cut → split
 * ```
 * What a function must heed to be recorded: static shapes, no reading of
 * values, and tensors that change must be inputs (those that it closes over
 * are frozen). tfjs has no gradient for indices: take those of `tf.topk`
 * outside of the gradient, or under `tf.customGrad`.
 * @module
 */
export type { Device } from "./context.ts";
export type { Compiled } from "./function/compile.ts";
export type {
  CompileOptions,
  Specs,
  Tensors,
  TensorSpec,
} from "./function/specs.ts";
export type { CompiledSplit, Saved } from "./function/split.ts";
export { type Gradients, gradients } from "./gradients.ts";
export { barrier } from "./kernels/barrier.ts";
export { statelessUniform } from "./kernels/random.ts";
export { type Cuda, findCuda } from "./library/cuda.ts";
export {
  type Library,
  LibraryError,
  type LibraryEvent,
  type LibrarySource,
} from "./library/mod.ts";
export type { DeviceMemory } from "./memory.ts";
export {
  type Description,
  type StartOptions,
  startTensorFlow,
  type TensorFlowEngine,
} from "./start.ts";
export type { TensorData, TensorType } from "./transfer.ts";
