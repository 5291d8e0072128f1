/**
 * The tfjs backend "onnx": every kernel call appends nodes to a graph.
 *
 * The backend exists only while {@link withTracer} runs, so it can never be
 * picked by accident, and the backend that was active before is active after.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { fold } from "./fold.ts";
import type { Value } from "./ir.ts";
import { KERNELS } from "./kernels/mod.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { type DataId, Tracer } from "./tracer.ts";

const NAME = "onnx";
let tracer: Tracer | null = null;

function active(): Tracer {
  if (tracer) return tracer;
  throw new Error('The tfjs backend "onnx" works only inside exportOnnx()');
}

/** What tfjs' engine asks of a backend, answered by the active tracer. */
class OnnxBackend extends tf.KernelBackend {
  #count = 0;
  override write(
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): DataId {
    this.#count++;
    return active().write(values, shape, dtype);
  }
  override readSync(id: DataId): tf.BackendValues {
    return active().read(id) as tf.BackendValues;
  }
  // deno-lint-ignore require-await -- the interface is asynchronous.
  override async read(id: DataId): Promise<tf.BackendValues> {
    return this.readSync(id);
  }
  override disposeData(id: DataId): boolean {
    tracer?.forget(id);
    return true;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override numDataIds(): number {
    return this.#count;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override dispose(): void {}
}

type Inputs = Record<string, tf.TensorInfo | null | undefined>;

/** Runs one kernel: on constants at once, otherwise as nodes. */
function call(
  name: string,
  kernel: Kernel,
  inputs: Inputs,
  attributes: unknown,
): tf.TensorInfo | tf.TensorInfo[] {
  const trace = active();
  const values: Record<string, Value> = {};
  for (const [key, info] of Object.entries(inputs)) {
    if (info) values[key] = trace.lookup(info);
  }
  try {
    const result = fold(name, values, attributes) ??
      kernel(trace, values, attributes);
    return Array.isArray(result)
      ? result.map((value) => trace.bind(value))
      : trace.bind(result);
  } catch (cause) {
    throw kernelError(name, values, trace.scope(), cause as Error);
  }
}

function kernelError(
  name: string,
  values: Record<string, Value>,
  scope: string,
  cause: Error,
): Error {
  const operands = Object.entries(values)
    .map(([key, { type, shape }]) => `${key} ${type}[${shape}]`).join(", ");
  return new Error(
    `Cannot export the tfjs kernel ${name}(${operands})` +
      `${scope ? ` in ${scope}` : ""}: ${cause.message}`,
    { cause },
  );
}

/** Kernels that other backends have and this one has not: a clear error. */
function registerMissing(): void {
  const known = new Set(
    tf.getKernelsForBackend(NAME).map((kernel) => kernel.kernelName),
  );
  for (const backend of ["cpu", tf.getBackend()]) {
    for (const { kernelName } of tf.getKernelsForBackend(backend ?? "")) {
      if (known.has(kernelName)) continue;
      known.add(kernelName);
      register(kernelName, () => {
        throw new Error(
          "no ONNX form is known. Write the function with other operations, " +
            "or add an entry to engine/onnx/kernels",
        );
      });
    }
  }
}

function register(kernelName: string, kernel: Kernel): void {
  tf.registerKernel({
    kernelName,
    backendName: NAME,
    kernelFunc: ({ inputs, attrs }) =>
      call(kernelName, kernel, inputs as Inputs, attrs ?? {}),
  });
}

for (const [name, kernel] of Object.entries(KERNELS)) register(name, kernel);

/**
 * Runs a function under the "onnx" backend and restores the previous one.
 *
 * @param names Names of captured weights by their storage.
 * @returns What `body` returns; tensors made inside are freed.
 */
export function withTracer<Result>(
  opset: number,
  names: ReadonlyMap<DataId, string>,
  body: (tracer: Tracer) => Result,
): Result {
  if (tracer) throw new Error("exportOnnx() cannot run inside exportOnnx()");
  const previous = tf.getBackend();
  registerMissing();
  tf.registerBackend(NAME, () => new OnnxBackend(), 0);
  tracer = new Tracer(opset, names);
  const trace = tracer;
  tf.engine().startScope("");
  try {
    // Resolves before it returns, since the backend starts synchronously.
    void tf.setBackend(NAME);
    return body(trace);
  } finally {
    tf.engine().endScope();
    if (previous) void tf.setBackend(previous);
    tf.removeBackend(NAME);
    tracer = null;
  }
}
