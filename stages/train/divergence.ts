/**
 * What happens when training diverges: nothing of the bad step is kept, the
 * run goes back to its last good checkpoint, and stops or tries again slower.
 * @module
 */
import { UserError } from "../../pipeline/stage.ts";

/** Numbers that are not finite, for no reason that a loss scale explains. */
export class Divergence extends Error {
  override readonly name = "Divergence";

  /**
   * @param iteration 1-based.
   * @param what such as `the loss is NaN, the gradient norm NaN`
   * @param source the first tensor that is not finite, in words
   */
  constructor(
    readonly iteration: number,
    readonly what: string,
    readonly source: string | null,
  ) {
    super(
      `Training diverged at iteration ${iteration}: ${what}; the first ` +
        `tensor that is not finite: ${source ?? "none found"}.`,
    );
  }
}

/**
 * The end of a run that diverged.
 * @param checkpoint iteration of the last checkpoint, null without any
 * @param rollbacks retries already made
 */
export function stopped(
  divergence: Divergence,
  checkpoint: number | null,
  rollbacks: number,
): UserError {
  const kept = checkpoint === null
    ? "There is no checkpoint yet"
    : `The checkpoint of iteration ${checkpoint} is kept, and finite`;
  const tried = rollbacks === 0
    ? ""
    : ` ${rollbacks} retries at lower rates did not help.`;
  return new UserError(
    `${divergence.message} Nothing of this iteration was kept. ${kept}.` +
      `${tried} ${remedyOf(divergence.source ?? "")}`,
  );
}

function remedyOf(source: string): string {
  if (source.startsWith("input")) {
    return "The data itself is at fault: look at this input first";
  }
  // Steps keep no weights that are not finite: these came from outside.
  if (source.startsWith("weight")) {
    return "It was so before the step: look at train.model.checkpoint";
  }
  return "Lower train.optimizer.lr (half is a good try) or, with the cyclic " +
    "policy, the peak train.schedule.target_ratio[0], and run again; or let " +
    "train.on_divergence.retries go back and on at a lower rate";
}
