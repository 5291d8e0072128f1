/**
 * TensorFlow for tests, started once a process.
 * @module
 */
import {
  startTensorFlow,
  type TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";

/** The engine; tfjs's backend is "tensorflow" afterwards. */
export function useTensorFlow(): Promise<TensorFlowEngine> {
  return startTensorFlow();
}
