/**
 * Constant folding while tracing: a kernel whose inputs are all known runs at
 * once, on tfjs' own CPU kernels, so shape arithmetic leaves no nodes.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  type Constant,
  constant,
  derivedName,
  isConstant,
  sizeOf,
  type Value,
} from "./ir.ts";
import { elementOf } from "./tracer.ts";

/** Kernels whose result can be far larger than what they read. */
const GROWING = new Set(["Tile", "BroadcastTo"]);
/** Kernels that only move numbers, so that a weight keeps its name. */
const MOVING = new Set(
  "Reshape,ExpandDims,Transpose,Identity,SplitV,Slice,Unpack".split(","),
);
/** A result of more elements is left to the runtime if its kernel grows. */
const SMALL = 4096;
/** Drawing numbers at export time would freeze them. */
const RANDOM = /Multinomial|Random|Uniform|Normal$/;

/** What this module needs of tfjs' CPU backend. */
interface CpuBackend extends tf.KernelBackend {
  firstUse: boolean;
  write(
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): tf.DataId;
}

/**
 * Computes a kernel whose inputs are constants.
 *
 * @returns The results, or undefined if the kernel has to become nodes.
 */
export function fold(
  name: string,
  inputs: Readonly<Record<string, Value>>,
  attributes: unknown,
): Value | Value[] | undefined {
  const constants = Object.entries(inputs);
  if (RANDOM.test(name)) return undefined;
  if (!constants.every(([, value]) => isConstant(value))) return undefined;
  const kernel = tf.getKernel(name, "cpu");
  if (!kernel || grows(name, inputs, attributes)) return undefined;
  const backend = tf.findBackend("cpu") as CpuBackend;
  backend.firstUse = false; // Or it prints an advertisement.
  const operands: tf.NamedTensorInfoMap & Record<string, tf.TensorInfo> = {};
  for (const [key, value] of constants) {
    const data = (value as Constant).data as tf.BackendValues;
    const dtype = value.type as tf.DataType;
    const shape = [...value.shape];
    operands[key] = { dataId: backend.write(data, shape, dtype), shape, dtype };
  }
  const result = kernel.kernelFunc({
    inputs: "0" in operands
      ? Object.values(operands) as unknown as tf.NamedTensorInfoMap
      : operands,
    attrs: attributes as tf.NamedAttrMap,
    backend,
  });
  const sources = constants.map(([, value]) => value);
  const label = derivedName(sources, MOVING.has(name));
  const take = (info: tf.TensorInfo) => fetch(backend, info, label);
  const folded = Array.isArray(result) ? result.map(take) : take(result);
  for (const { dataId } of [result].flat()) backend.disposeData(dataId, true);
  for (const { dataId } of Object.values(operands)) {
    backend.disposeData(dataId, true);
  }
  return folded;
}

function grows(
  name: string,
  { x }: Readonly<Record<string, Value>>,
  attributes: unknown,
): boolean {
  if (!GROWING.has(name)) return false;
  const { reps, shape } = attributes as { reps?: number[]; shape?: number[] };
  return (shape ? sizeOf(shape) : sizeOf(x.shape) * sizeOf(reps!)) > SMALL;
}

function fetch(
  backend: CpuBackend,
  info: tf.TensorInfo,
  label: string,
): Constant {
  const type = elementOf(info.dtype);
  const values = backend.readSync(info.dataId);
  const data = type === "bool"
    ? Uint8Array.from(values as ArrayLike<number>)
    : type === "int32"
    ? Int32Array.from(values as ArrayLike<number>)
    : Float32Array.from(values as ArrayLike<number>);
  return constant(data, [...info.shape], type, label);
}
