/**
 * Joins the other processes of a launch, for stages that work together.
 * @module
 */
import {
  openRanks,
  pickDevice,
  type Ranks,
  RanksError,
} from "../../engine/ranks/mod.ts";
import { type StageContext, UserError } from "../../pipeline/stage.ts";

type Context = Pick<StageContext<unknown>, "launch">;

/** The processes that run this stage; to be called before TensorFlow starts. */
export function joinRanks({ launch }: Context): Ranks {
  try {
    const ranks = openRanks(launch);
    pickDevice(ranks);
    return ranks;
  } catch (error) {
    if (!(error instanceof RanksError)) throw error;
    throw new UserError(error.message);
  }
}

/** Leaves this process its own GPU; for stages that do not join the others. */
export function takeDevice({ launch }: Context): void {
  if (launch) pickDevice(launch);
}

/** Cores for this process: those of the machine by those who share it. */
export function ownCores({ launch }: Context): number {
  const all = navigator.hardwareConcurrency;
  return Math.max(1, Math.floor(all / (launch?.localSize ?? 1)));
}
