/**
 * TensorFlow for tests, started once a process. Without oneDNN, whose sums
 * depend on the processor: TensorFlow reads the variable as it loads, once for
 * all test files of a process.
 * @module
 */
import {
  startTensorFlow,
  type TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";

const ONEDNN = "TF_ENABLE_ONEDNN_OPTS";

/** The engine; tfjs's backend is "tensorflow" afterwards. */
export function useTensorFlow(): Promise<TensorFlowEngine> {
  if (Deno.env.get(ONEDNN) === undefined) Deno.env.set(ONEDNN, "0");
  return startTensorFlow();
}
