/**
 * tfjs-node's JavaScript as the tfjs backend "tensorflow", without its addon.
 * @module
 */
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import type { Binding, Meta } from "./binding.ts";
import { registerKernels } from "./kernels/mod.ts";
import { read } from "./read.ts";

/** tfjs-node's backend, as far as the engine uses it. */
export interface NodeBackend {
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(meta: Meta): tf.Tensor;
}

/** tfjs-node's backend with what it keeps of a tensor. */
interface Internals extends NodeBackend {
  tensorMap: { get(dataId: object): { id: number; values: unknown } };
  readSync(dataId: object): ArrayBufferView;
  read(dataId: object): Promise<ArrayBufferView>;
}

/** Registers the backend and its kernels, and makes it tfjs's own. */
export async function registerBackend(binding: Binding): Promise<NodeBackend> {
  // tfjs-node 4.22 calls two functions that newer runtimes have dropped.
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  old.isArray ??= Array.isArray;
  const name = "@tensorflow/tfjs-node-gpu";
  const module = await import(
    "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js"
  );
  await import("@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js");
  const { NodeJSKernelBackend } = module.default ?? module;
  registerKernels();
  // SavedModels are the only part of the interface left out.
  const backend = new NodeJSKernelBackend(binding as never, name);
  const internals = backend as unknown as Internals;
  internals.read = async (dataId) => {
    const { id, values } = internals.tensorMap.get(dataId);
    return values ? internals.readSync(dataId) : await read(binding.values, id);
  };
  tf.registerBackend("tensorflow", () => backend, 3);
  tf.setBackend("tensorflow");
  return internals;
}
