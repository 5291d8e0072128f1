/**
 * The dynamic loss scale of half-precision training, by the rules of
 * torch.cuda.amp.GradScaler. Pure functions of a small state.
 * @module
 */

/** The scale and how long it has held. */
export interface LossScale {
  /** Factor of the loss before the backward pass. */
  scale: number;
  /** Steps since the last overflow or growth. */
  finiteSteps: number;
}

/** How the scale moves. */
export interface LossScaleOptions {
  /** Default 65536. */
  initial?: number;
  /** Factor after `interval` finite steps, default 2. */
  growth?: number;
  /** Factor after an overflow, default 0.5. */
  backoff?: number;
  /** Default 2000. */
  interval?: number;
}

/** The scale of the first step. */
export function startLossScale(options: LossScaleOptions = {}): LossScale {
  return { scale: options.initial ?? 65536, finiteSteps: 0 };
}

/**
 * The state after a step. Where gradients were not finite the step must not
 * be applied; the learning rate's schedule goes on all the same.
 */
export function nextLossScale(
  state: LossScale,
  finite: boolean,
  options: LossScaleOptions = {},
): LossScale {
  const { growth = 2, backoff = 0.5, interval = 2000 } = options;
  if (!finite) return { scale: state.scale * backoff, finiteSteps: 0 };
  const finiteSteps = state.finiteSteps + 1;
  if (finiteSteps < interval) return { scale: state.scale, finiteSteps };
  const grown = state.scale * growth;
  // The device holds the scale as float32.
  const scale = Number.isFinite(Math.fround(grown)) ? grown : state.scale;
  return { scale, finiteSteps: 0 };
}
