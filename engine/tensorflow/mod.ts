/**
 * TensorFlow for tfjs: tfjs-node's own kernels over libtensorflow by FFI, and
 * functions of tensors recorded as TensorFlow functions.
 * @module
 */
import process from "node:process";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { Binding, type Device } from "./binding.ts";
import { CApi, readCString } from "./capi.ts";
import {
  type Compiled,
  type CompiledSplit,
  type CompileOptions,
  compilers,
  type NodeBackend,
  type Tensors,
  type TensorSpec,
} from "./compile.ts";
import { registerConvolutions } from "./kernels/convolution.ts";
import { registerOthers, statelessUniform } from "./kernels/others.ts";
import { registerPooling } from "./kernels/pooling.ts";
import { findLibrary, type Library, type LibraryEvent } from "./library/mod.ts";

export { type Gradients, gradients } from "./gradients.ts";
export { statelessUniform };
export type {
  Compiled,
  CompiledSplit,
  CompileOptions,
  Library,
  LibraryEvent,
  Tensors,
  TensorSpec,
};

/** How TensorFlow is started. */
export interface StartOptions {
  /** Folder or file of the library; else it is looked for, then fetched. */
  library?: string;
  /** Threads of one operation; 0 leaves it to TensorFlow. */
  threads?: number;
  /** Hears where the library was found, and of its download. */
  onEvent?: (event: LibraryEvent) => void;
}

/** What the engine runs on. */
export interface Description {
  version: string;
  library: Library;
  device: Device;
  devices: Device[];
  threads: number;
}

/** A started engine. */
export interface TensorFlowEngine {
  readonly device: "cpu" | "gpu";
  describe(): Description;
  compile(
    fn: (inputs: Tensors) => Tensors,
    specs: Record<string, TensorSpec>,
    options?: CompileOptions,
  ): Compiled;
  compileSplit(
    fn: (inputs: Tensors) => { early: Tensors; late: Tensors },
    specs: Record<string, TensorSpec>,
    lateInputs: readonly string[],
    options?: CompileOptions,
  ): CompiledSplit;
  statelessUniform(shape: readonly number[], seed: tf.Tensor): tf.Tensor;
  /** Tensors alive on the device. */
  tensors(): number;
}

let started: Promise<TensorFlowEngine> | undefined;

/** Starts TensorFlow once a process and makes it tfjs's backend. */
export function startTensorFlow(
  options: StartOptions = {},
): Promise<TensorFlowEngine> {
  return started ??= start(options);
}

async function start(options: StartOptions): Promise<TensorFlowEngine> {
  const library = await findLibrary(options);
  // TensorFlow prints its log to stderr; errors alone are of use there.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  const api = new CApi(library.path);
  const threads = options.threads ?? 0;
  const { context, devices } = openContext(api, threads);
  const device = devices.find(({ kind }) => kind === "gpu") ?? devices[0]!;
  const binding = new Binding(api, context, device);
  const backend = await registerBackend(binding);
  return {
    device: device.kind,
    describe: () => ({
      version: api.version,
      library,
      device,
      devices,
      threads,
    }),
    statelessUniform,
    tensors: () => binding.getNumOfTensors(),
    ...compilers(binding, backend),
  };
}

/** ConfigProto: threads within and between operations, GPU memory on demand. */
function configProto(threads: number): Uint8Array<ArrayBuffer> {
  const growth = [0x32, 2, 0x20, 1];
  const counts = threads > 0 ? [0x10, threads, 0x28, threads] : [];
  return Uint8Array.from([...counts, ...growth]);
}

function openContext(api: CApi, threads: number) {
  const { f, status } = api;
  const options = f.TFE_NewContextOptions();
  const config = configProto(threads);
  f.TFE_ContextOptionsSetConfig(options, config, BigInt(config.length), status);
  api.check();
  const context = f.TFE_NewContext(options, status);
  api.check();
  f.TFE_DeleteContextOptions(options);
  const list = f.TFE_ContextListDevices(context, status);
  api.check();
  const devices: Device[] = [];
  for (let i = 0; i < f.TF_DeviceListCount(list); i++) {
    const type = readCString(f.TF_DeviceListType(list, i, status));
    const name = readCString(f.TF_DeviceListName(list, i, status));
    if (type === "CPU" || type === "GPU") {
      devices.push({ kind: type === "GPU" ? "gpu" : "cpu", name });
    }
  }
  f.TF_DeleteDeviceList(list);
  return { context, devices };
}

/** Loads tfjs-node's backend and kernels and puts ours over them. */
async function registerBackend(binding: Binding): Promise<NodeBackend> {
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
  registerConvolutions();
  registerPooling();
  registerOthers();
  // SavedModels are the only part of the interface left out.
  const backend = new NodeJSKernelBackend(binding as never, name);
  tf.registerBackend("tensorflow", () => backend, 3);
  tf.setBackend("tensorflow");
  return backend as unknown as NodeBackend;
}
