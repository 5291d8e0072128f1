/**
 * The kernels that replace tfjs-node's own, where those cannot do what
 * TensorFlow can, or read values back to the host.
 * @module
 */
import { registerConvolutions } from "./convolution.ts";
import { registerGather } from "./gather.ts";
import { registerPooling } from "./pooling.ts";
import { registerRandom } from "./random.ts";
import { registerRound } from "./round.ts";

/** Registers all of them for the backend "tensorflow". */
export function registerKernels(): void {
  registerConvolutions();
  registerPooling();
  registerGather();
  registerRound();
  registerRandom();
}
