/**
 * What `pipeline doctor` says of the engines. TensorFlow's library is fetched
 * where it is missing, as the first training would do.
 * @module
 */
import type { Cuda } from "../engine/tensorflow/mod.ts";
import type { Check } from "../pipeline/stage.ts";

/** Checks of TensorFlow, CUDA and ONNX Runtime. */
export default async function* checks(): AsyncGenerator<Check> {
  yield await attempt("TensorFlow", tensorflow);
  yield await attempt("CUDA", cuda);
  yield await attempt("ONNX Runtime", onnx);
}

async function attempt(
  name: string,
  check: () => Promise<Omit<Check, "name">>,
): Promise<Check> {
  try {
    return { name, ...await check() };
  } catch (error) {
    const found = (error as Error).message;
    return { name, status: "error", found };
  }
}

async function tensorflow(): Promise<Omit<Check, "name">> {
  const { startTensorFlow } = await import("../engine/tensorflow/mod.ts");
  const engine = await startTensorFlow();
  const { version, library, device, warnings } = engine.describe();
  return {
    status: warnings.length > 0 ? "warning" : "ok",
    found: `${version} on ${device.kind} (${device.name}), ${library.path} ` +
      `(${library.source})`,
    advice: warnings.join("; "),
  };
}

async function cuda(): Promise<Omit<Check, "name">> {
  const { findCuda, startTensorFlow } = await import(
    "../engine/tensorflow/mod.ts"
  );
  const engine = await startTensorFlow();
  return cudaCheck(await findCuda(engine.describe().library.path));
}

/** Parts found and missing; without a driver, none is needed. */
export function cudaCheck({ driver, parts }: Cuda): Omit<Check, "name"> {
  const all = Object.entries(parts);
  const found = all.flatMap(([name, path]) => path ? `${name}: ${path}` : []);
  const missing = all.flatMap(([name, path]) => path ? [] : name);
  if (!driver) {
    return {
      status: "ok",
      found: "no NVIDIA driver (libcuda.so.1), so the CPU is used",
    };
  }
  return {
    status: missing.length > 0 ? "warning" : "ok",
    found: [
      "an NVIDIA driver",
      ...found,
      ...missing.map((name) => `no ${name}`),
    ].join(", "),
    advice: "python3 -m pip install tensorflow[and-cuda] brings CUDA 12, " +
      "cuDNN 9, NCCL and ptxas; or name their folders in LD_LIBRARY_PATH " +
      "(ptxas: PATH)",
  };
}

async function onnx(): Promise<Omit<Check, "name">> {
  const { exportOnnx, onnxProviders, openSession } = await import(
    "../engine/onnx/mod.ts"
  );
  const model = exportOnnx(({ x }) => ({ y: x!.clone() }), {
    x: { shape: [1] },
  });
  const session = await openSession(model);
  const { y } = await session.run({
    x: { data: Float32Array.of(3), shape: [1] },
  });
  await session.close();
  const providers = await onnxProviders();
  const texts = providers.map(({ name, bundled, remedy }) =>
    bundled || !remedy ? name : `${name} (not installed: ${remedy})`
  );
  return {
    status: y?.data[0] === 3 ? "ok" : "error",
    found: `runs on the CPU; providers: ${texts.join(", ")}`,
  };
}
