/**
 * The loss scale of a run, from its settings.
 * @module
 */
import {
  type LossScale,
  type LossScaleOptions,
  nextLossScale,
  startLossScale,
} from "../../models/mod.ts";
import type { TrainSettings } from "./settings.ts";

/** Consecutive overflows after which no scale will help. */
export const HOPELESS = 20;

type Settings = Pick<TrainSettings, "loss_scale" | "precision">;

/** Whether the settings scale the loss. */
export function scalesLoss(settings: Settings): boolean {
  return lossScaling(settings) !== null;
}

/** How the scale begins and moves; null where the loss is not scaled. */
export function lossScaling(
  { loss_scale: setting, precision }: Settings,
): LossScaleOptions | null {
  const kind = setting ?? (precision === "float16" ? "dynamic" : null);
  if (kind === null) return null;
  if (kind === "dynamic") return {};
  if (typeof kind !== "number") return kind;
  // A fixed scale stays through overflows too, whose steps are skipped.
  return { initial: kind, backoff: 1, interval: Infinity };
}

/** The scale of a run and how it went so far. */
export class Scaler {
  #state: LossScale;
  /** Overflows since the last finite step. */
  #streak = 0;

  constructor(readonly options: LossScaleOptions | null) {
    this.#state = options
      ? startLossScale(options)
      : { scale: 1, finiteSteps: 0 };
  }

  /** Factor of the loss; 1 without scaling. */
  get scale(): number {
    return this.#state.scale;
  }

  /** For the checkpoint: scale, finite steps, streak. */
  save(): [number, number, number] {
    return [this.#state.scale, this.#state.finiteSteps, this.#streak];
  }

  /** Goes on from a checkpoint. */
  load([scale, finiteSteps, streak]: [number, number, number]): void {
    this.#state = { scale, finiteSteps };
    this.#streak = streak;
  }

  /**
   * Hears whether the gradients of a step were finite.
   * @returns False where an overflow is no explanation (any more): the loss
   *   is not scaled, or no scale was small enough.
   */
  hear(finite: boolean): boolean {
    if (this.options === null) return finite;
    this.#state = nextLossScale(this.#state, finite, this.options);
    this.#streak = finite ? 0 : this.#streak + 1;
    return this.#streak < HOPELESS && this.#state.scale >= 1;
  }
}
