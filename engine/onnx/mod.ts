/**
 * ONNX: exports tfjs functions and runs ONNX models.
 * @module
 */
export {
  exportGraph,
  exportOnnx,
  type ExportOptions,
  type Spec,
  type Tensors,
} from "./export.ts";
export { printGraph } from "./print.ts";
export type {
  Attribute,
  Data,
  ElementType,
  Float,
  Graph,
  Node,
  ReducedType,
  Value,
} from "./ir.ts";
export type { Wishes } from "./passes/mod.ts";
export { checkGraph, GraphError } from "./check.ts";
export {
  type InputInfo,
  type Numbers,
  onnxProviders,
  openSession,
  ProviderError,
  type Session,
  type SessionOptions,
} from "./session.ts";
