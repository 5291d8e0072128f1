/**
 * Starts TensorFlow: library, context, backend.
 * @module
 */
import process from "node:process";
import type * as tf from "@tensorflow/tfjs-core";
import { registerBackend } from "./backend.ts";
import { Binding } from "./binding.ts";
import { CApi } from "./capi.ts";
import { type Context, type Device, openContext } from "./context.ts";
import { compile, type Compiled } from "./function/compile.ts";
import type { CompileOptions, Specs, Tensors } from "./function/specs.ts";
import { type CompiledSplit, compileSplit } from "./function/split.ts";
import { statelessUniform } from "./kernels/random.ts";
import {
  findLibrary,
  hasNvidiaDriver,
  type Library,
  LibraryError,
  type LibraryEvent,
} from "./library/mod.ts";
import { copyOf, type DeviceMemory, memoryOf } from "./memory.ts";
import { listen } from "./stderr.ts";
import { type TensorData, tensorFrom, type TensorType } from "./transfer.ts";
import { Values } from "./values.ts";
import { keepCompilations } from "./xla.ts";

/** How TensorFlow is started. */
export interface StartOptions {
  /** Folder or file of the library; else it is looked for, then fetched. */
  library?: string;
  /**
   * Threads of one operation and between operations; else the variable
   * TENSORFLOW_THREADS; 0 takes all cores. On the CPU, results depend on it,
   * and are equal bit by bit from run to run where it is equal.
   */
  threads?: number;
  /**
   * Equal results from run to run on a GPU too; slower there. The CPU is
   * deterministic anyway.
   */
  deterministic?: boolean;
  /** Hears where the library was found, and of its download. */
  onEvent?: (event: LibraryEvent) => void;
}

/** What the engine runs on. */
export interface Description {
  /** TensorFlow's. */
  version: string;
  /** The C library in use. */
  library: Library;
  /** Where operations run. */
  device: Device;
  /** All that TensorFlow sees, the used one among them. */
  devices: Device[];
  /** 0 where TensorFlow chose. */
  threads: number;
  /** What a user should know, such as a GPU that cannot be used. */
  warnings: string[];
}

/** A started engine. */
export interface TensorFlowEngine {
  /** Kind of the device in use. */
  readonly device: "cpu" | "gpu";
  /** Version, library, devices and threads, for doctor and logs. */
  describe(): Description;
  /** Records a function once; see {@link Compiled}. */
  compile(
    fn: (inputs: Tensors) => Tensors,
    specs: Specs,
    options?: CompileOptions,
  ): Compiled;
  /** Records a function in two halves; see {@link CompiledSplit}. */
  compileSplit(
    fn: (inputs: Tensors) => { early: Tensors; late: Tensors },
    specs: Specs,
    lateInputs: readonly string[],
    options?: CompileOptions,
  ): CompiledSplit;
  /** Uniform [0, 1) of a shape and an int32 [2] seed; may be recorded. */
  statelessUniform(shape: readonly number[], seed: tf.Tensor): tf.Tensor;
  /** A tensor from numbers, copied to the device at once. */
  tensor(
    data: TensorData,
    shape: readonly number[],
    dtype?: TensorType,
  ): tf.Tensor;
  /** A tensor's numbers; waits for the device in the background. */
  read(tensor: tf.Tensor): Promise<TensorData>;
  /** A tensor's numbers; waits for the device. */
  readSync(tensor: tf.Tensor): TensorData;
  /** A float32 tensor's numbers in memory that no other tensor shares. */
  copy(tensor: tf.Tensor): tf.Tensor;
  /** A tensor's memory, valid until it is disposed; waits for the device. */
  memory(tensor: tf.Tensor): DeviceMemory;
  /** Values alive on the device. */
  tensors(): number;
}

let started: Promise<TensorFlowEngine> | undefined;

/**
 * Starts TensorFlow once a process and makes it tfjs's backend. Later calls
 * get the same engine; their listeners hear which library it runs on.
 * @throws {LibraryError} where no library can be had.
 */
export async function startTensorFlow(
  options: StartOptions = {},
): Promise<TensorFlowEngine> {
  if (started) {
    const engine = await started;
    const { library } = engine.describe();
    options.onEvent?.({ type: "found", library });
    return engine;
  }
  started = start(options);
  // A failure may be mended, and the start tried again.
  started.catch(() => started = undefined);
  return await started;
}

async function start(options: StartOptions): Promise<TensorFlowEngine> {
  const threads = options.threads ?? threadsFromEnvironment();
  const library = await findLibrary(options);
  const { result: { api, context }, log } = open(library, options, threads);
  const device = context.devices.find(({ kind }) => kind === "gpu") ??
    context.devices[0]!;
  const binding = new Binding(new Values(api, context.handle, device));
  const backend = await registerBackend(binding);
  const recorder = { binding, backend };
  const { devices } = context;
  const warnings = warningsOf(device, log);
  return {
    device: device.kind,
    describe: () => ({
      ...{ version: api.version, library, device, devices },
      ...{ threads, warnings },
    }),
    compile: (...args) => compile(recorder, ...args),
    compileSplit: (...args) => compileSplit(recorder, ...args),
    statelessUniform,
    tensor: (...args) => tensorFrom(recorder, ...args),
    read: async (tensor) => await tensor.data() as TensorData,
    readSync: (tensor) => tensor.dataSync() as TensorData,
    copy: (tensor) => copyOf(recorder, tensor),
    memory: (tensor) => memoryOf(recorder, tensor),
    tensors: () => binding.getNumOfTensors(),
  };
}

/** Loads the library; TensorFlow reads its variables while it does. */
function open(library: Library, options: StartOptions, threads: number) {
  if (options.deterministic) process.env.TF_DETERMINISTIC_OPS = "1";
  // TensorFlow logs to stderr all its life; errors alone are of use there.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  keepCompilations();
  return listen((): { api: CApi; context: Context } => {
    const api = opened(library);
    return { api, context: openContext(api, threads) };
  });
}

function opened({ path, source }: Library): CApi {
  try {
    return new CApi(path);
  } catch (error) {
    throw new LibraryError(
      `Cannot open the TensorFlow library ${path} (${source}): ` +
        `${(error as Error).message}. Set TENSORFLOW_LIB to the folder of ` +
        "another one, such as that of TensorFlow 2.21 for Python",
      { cause: error },
    );
  }
}

function threadsFromEnvironment(): number {
  const given = Deno.env.get("TENSORFLOW_THREADS");
  if (!given) return 0;
  if (/^\d{1,4}$/.test(given)) return Number(given);
  throw new LibraryError(
    `TENSORFLOW_THREADS is ${given}, expected a whole number; 0 takes all cores`,
  );
}

/** What keeps a GPU that is there from being used. */
function warningsOf(device: Device, log: string): string[] {
  if (device.kind === "gpu" || !hasNvidiaDriver()) return [];
  const lines = log.split("\n").filter((line) => /cuda|gpu|dlopen/i.test(line));
  return [
    "There is an NVIDIA driver, but TensorFlow found no GPU that it can use " +
    "and runs on the CPU: it needs the CUDA 12 libraries and cuDNN 9 " +
    "(python3 -m pip install tensorflow[and-cuda] brings them)",
    ...lines,
  ];
}
