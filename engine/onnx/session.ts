/**
 * Runs ONNX models with ONNX Runtime.
 *
 * The native library is loaded by the first session, not by importing this
 * module; it needs `--allow-ffi --allow-read`. A run occupies the thread.
 * @module
 */
import type * as ort from "onnxruntime-node";

/** Numbers and their shape; the element type is the model's. */
export interface Numbers {
  /** Row-major; Uint8Array for a model's booleans, 0 or 1. */
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** Sizes by axis, empty for a scalar. */
  readonly shape: readonly number[];
}

/** How to run a model. */
export interface SessionOptions {
  /** Where it runs; the CPU by default. */
  readonly provider?: "cpu" | "cuda" | "tensorrt" | "webgpu";
  /** CPU threads of one operation; by default one a core. */
  readonly threads?: number;
}

/** A loaded model. */
export interface Session {
  /** Names of the model's inputs, in order. */
  readonly inputNames: readonly string[];
  /** Names of the model's outputs, in order. */
  readonly outputNames: readonly string[];
  /** The model's inputs with their static shapes. */
  readonly inputs: Readonly<Record<string, InputInfo>>;
  /**
   * Runs the model once.
   *
   * @param inputs Every input of the model by name.
   * @throws TypeError if an input is missing, unknown or of another shape.
   */
  run(inputs: Record<string, Numbers>): Promise<Record<string, Numbers>>;
  /** Frees the model; the session cannot run afterwards. */
  close(): Promise<void>;
}

/** What a model expects of an input. */
export interface InputInfo {
  /** Element type as ONNX Runtime says it, such as `float32`. */
  readonly type: string;
  /** Sizes by axis; a text names a size that may change from run to run. */
  readonly shape: readonly (number | string)[];
}

/** Array types of ONNX Runtime's element types. */
const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
} as const;

/**
 * Loads a model.
 *
 * @param model Bytes of a .onnx file, or its path.
 * @throws {ProviderError} that names the providers at hand if the wanted one
 * is not, and how to get it.
 */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<Session> {
  const runtime = await load();
  const session = await create(runtime, model, options);
  const inputs = Object.fromEntries(
    session.inputMetadata.map((info) => [info.name, inputInfo(info)]),
  );
  let open = true;
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputs,
    async run(feeds) {
      if (!open) throw new Error("Cannot run a model: its session is closed");
      checkNames(inputs, feeds);
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([name, info]) => [
          name,
          toTensor(runtime, name, info, feeds[name]),
        ]),
      );
      const results = await session.run(tensors);
      return Object.fromEntries(
        session.outputNames.map((name) => [name, toArray(results[name])]),
      );
    },
    async close() {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}

type Runtime = typeof ort;

async function load(): Promise<Runtime> {
  try {
    const runtime = await import("onnxruntime-node");
    // Failures are thrown; the log would only repeat them on stderr.
    runtime.env.logLevel = "fatal";
    return runtime;
  } catch (cause) {
    throw new Error(
      `Cannot load ONNX Runtime: ${(cause as Error).message}. It needs the ` +
        "npm package onnxruntime-node for this platform and --allow-ffi",
      { cause },
    );
  }
}

async function create(
  runtime: Runtime,
  model: Uint8Array | string,
  { provider = "cpu", threads }: SessionOptions,
): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    ...(threads ? { intraOpNumThreads: threads, interOpNumThreads: 1 } : {}),
  };
  try {
    return typeof model === "string"
      ? await runtime.InferenceSession.create(model, options)
      : await runtime.InferenceSession.create(model, options);
  } catch (cause) {
    // The first line: the rest is a stack of the runtime's own.
    const reason = (cause as Error).message.split("\n")[0];
    if (provider === "cpu") {
      throw new Error(`Cannot load the ONNX model: ${reason}`, { cause });
    }
    throw new ProviderError(providerMessage(runtime, provider, reason), {
      cause,
    });
  }
}

/** How to get what a provider needs, beside its device and driver. */
const REMEDIES: Readonly<Record<string, string>> = {
  cuda: "`deno run -A node_modules/onnxruntime-node/script/install.js " +
    "--onnxruntime-node-install=cuda12` fetches its libraries; it needs an " +
    "NVIDIA driver, and CUDA 12 and cuDNN 9 on LD_LIBRARY_PATH",
  tensorrt: "it needs all that cuda needs (`deno run -A " +
    "node_modules/onnxruntime-node/script/install.js " +
    "--onnxruntime-node-install=cuda12`), and TensorRT 10 on LD_LIBRARY_PATH",
  webgpu: "it needs a GPU whose Vulkan, Metal or Direct3D 12 driver is " +
    "installed",
};

/** A provider that cannot run here: a matter of the machine, not a bug. */
export class ProviderError extends Error {
  /** For messages and logs. */
  override readonly name = "ProviderError";
}

/** The providers of the ONNX Runtime that is installed. */
export async function onnxProviders(): Promise<
  { name: string; bundled: boolean; remedy: string | null }[]
> {
  const runtime = await load();
  return runtime.listSupportedBackends().map(({ name, bundled }) => ({
    name,
    bundled,
    remedy: REMEDIES[name] ?? null,
  }));
}

function providerMessage(
  runtime: Runtime,
  provider: string,
  reason: string,
): string {
  const providers = runtime.listSupportedBackends();
  const bundled = providers.filter((each) => each.bundled)
    .map(({ name }) => name).join(", ");
  const remedy = REMEDIES[provider];
  return `Cannot run the ONNX model on "${provider}": ${reason}. This ONNX ` +
    `Runtime brings ${bundled}` +
    (remedy ? `; for ${provider}, ${remedy}` : "") +
    '. Or choose the provider "cpu"';
}

function inputInfo(info: ort.InferenceSession.ValueMetadata): InputInfo {
  return info.isTensor
    ? { type: info.type, shape: info.shape }
    : { type: "not a tensor", shape: [] };
}

function checkNames(
  expected: Session["inputs"],
  given: Record<string, Numbers>,
): void {
  const missing = Object.keys(expected).filter((name) => !(name in given));
  const unknown = Object.keys(given).filter((name) => !(name in expected));
  if (missing.length + unknown.length === 0) return;
  const parts = [
    missing.length > 0 ? `${missing.join(", ")} missing` : "",
    unknown.length > 0 ? `${unknown.join(", ")} unknown` : "",
  ].filter(Boolean);
  throw new TypeError(
    `Cannot run the model: ${parts.join(", ")}; its inputs are ` +
      Object.keys(expected).join(", "),
  );
}

function toTensor(
  runtime: Runtime,
  name: string,
  { type, shape }: InputInfo,
  { data, shape: given }: Numbers,
): ort.Tensor {
  const fits = shape.length === given.length &&
    shape.every((n, i) => typeof n === "string" || n === given[i]) &&
    given.reduce((size, n) => size * n, 1) === data.length;
  const kind = ARRAYS[type as keyof typeof ARRAYS];
  if (!fits || !kind || !(data instanceof kind)) {
    throw new TypeError(
      `Cannot run the model: input "${name}" is a ${data.constructor.name} ` +
        `of ${data.length} numbers with shape [${given}], expected ` +
        `${kind?.name ?? type} of shape [${shape}]`,
    );
  }
  return new runtime.Tensor(type as "float32", data as Float32Array, given);
}

function toArray(tensor: ort.Tensor): Numbers {
  return { data: tensor.data as Numbers["data"], shape: tensor.dims };
}
