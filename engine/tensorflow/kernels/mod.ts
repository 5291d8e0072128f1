/**
 * The kernels that replace tfjs-node's own, where those cannot do what
 * TensorFlow can, or read values back to the host; gradients likewise.
 * @module
 */
import { registerActivations } from "./activation.ts";
import { registerBarrier } from "./barrier.ts";
import { registerConvolutions } from "./convolution.ts";
import { registerGather } from "./gather.ts";
import { registerGradients } from "./gradients.ts";
import { registerPooling } from "./pooling.ts";
import { registerRandom } from "./random.ts";
import { registerRound } from "./round.ts";

/** Registers all of them for the backend "tensorflow"; gradients for all. */
export function registerKernels(): void {
  registerConvolutions();
  registerPooling();
  registerGather();
  registerRound();
  registerRandom();
  registerBarrier();
  registerGradients();
  registerActivations();
}
