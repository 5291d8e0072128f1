/**
 * Learning-rate schedules as factors of each group's own rate, by 0-based
 * iteration. Source: mmcv's lr_updater hooks.
 * @module
 */

/** A factor of the first learning rate (or momentum) by iteration. */
export type Schedule = (iteration: number) => number;

/** Settings of {@linkcode cosineSchedule}. */
export interface CosineOptions {
  /** Length of the whole training. */
  iterations: number;
  /** Length of the linear warm-up, 0 for none. */
  warmupIterations: number;
  /** Factor at iteration 0 of the warm-up. */
  warmupRatio: number;
  /** Factor that the cosine would reach at the end. */
  minLrRatio: number;
  /**
   * Iterations for which the cosine holds still: an epoch's for runs that
   * change the rate by epoch. Default 1.
   */
  hold?: number;
}

/**
 * Half a cosine from 1 to `minLrRatio`; during the warm-up times
 * 1 − (1 − i / warm-up)·(1 − warmupRatio).
 */
export function cosineSchedule(options: CosineOptions): Schedule {
  const { iterations, warmupIterations, warmupRatio, minLrRatio } = options;
  const hold = options.hold ?? 1;
  return (iteration) => {
    const held = Math.floor(iteration / hold) * hold;
    const regular = anneal(1, minLrRatio, held / iterations);
    if (iteration >= warmupIterations) return regular;
    const missing = (1 - iteration / warmupIterations) * (1 - warmupRatio);
    return regular * (1 - missing);
  };
}

/** Settings of {@linkcode cyclicSchedule}. */
export interface CyclicOptions {
  /** Length of the whole training. */
  iterations: number;
  /** Factors at the peak and at the end. */
  targetRatio: readonly [number, number];
  /** Share of a cycle that rises. */
  stepRatioUp: number;
  /** Default 1. */
  cycles?: number;
}

/**
 * From 1 up to the peak and down to the end, half a cosine each way. Also
 * the schedule of AdamW's first beta, with its own ratios.
 */
export function cyclicSchedule(options: CyclicOptions): Schedule {
  const { iterations, targetRatio: [peak, end], stepRatioUp } = options;
  const cycle = Math.floor(iterations / (options.cycles ?? 1));
  const up = Math.floor(stepRatioUp * cycle);
  return (iteration) => {
    const i = iteration % cycle;
    if (i < up) return anneal(1, peak, i / up);
    return anneal(peak, end, (i - up) / (cycle - up));
  };
}

/** Half a cosine from start to end; progress 0 to 1. */
function anneal(start: number, end: number, progress: number): number {
  return end + 0.5 * (start - end) * (1 + Math.cos(Math.PI * progress));
}
