/**
 * What `pipeline doctor` says of the engines. TensorFlow's library is fetched
 * where it is missing, as the first training would do.
 * @module
 */
import type { Check } from "../pipeline/stage.ts";

/** Checks of TensorFlow and ONNX Runtime. */
export default async function* checks(): AsyncGenerator<Check> {
  yield await attempt("TensorFlow", tensorflow);
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

async function onnx(): Promise<Omit<Check, "name">> {
  const { exportOnnx, openSession } = await import("../engine/onnx/mod.ts");
  const model = exportOnnx(({ x }) => ({ y: x!.clone() }), {
    x: { shape: [1] },
  });
  const session = await openSession(model);
  const { y } = await session.run({
    x: { data: Float32Array.of(3), shape: [1] },
  });
  await session.close();
  return {
    status: y?.data[0] === 3 ? "ok" : "error",
    found: "runs on the CPU",
  };
}
