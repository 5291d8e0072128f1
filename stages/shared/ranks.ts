/**
 * Joins the other processes of a launch, for stages that work together.
 * @module
 */
import {
  hostReducer,
  openLibraries,
  openRanks,
  openReducer,
  pickDevice,
  type Ranks,
  RanksError,
  type Reducer,
} from "../../engine/ranks/mod.ts";
import {
  findCuda,
  type TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";
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

/** How gradients are summed, told in one line where there are several. */
export async function chooseReducer(
  { emit }: Pick<StageContext<unknown>, "emit">,
  ranks: Ranks,
  engine: TensorFlowEngine,
): Promise<Reducer> {
  if (ranks.size === 1) return hostReducer(ranks);
  const { reducer, why } = await openReducer(ranks, engine, async () => {
    const { parts } = await findCuda(engine.describe().library.path);
    return openLibraries({
      cuda: parts["CUDA 12"] ?? null,
      nccl: parts["NCCL 2"] ?? null,
    });
  });
  const text = `gradients are summed ${reducer.way}` + (why ? `: ${why}` : "");
  emit({ type: "message", level: "info", text });
  return reducer;
}

/** Cores for this process: those of the machine by those who share it. */
export function ownCores({ launch }: Context): number {
  const all = navigator.hardwareConcurrency;
  return Math.max(1, Math.floor(all / (launch?.localSize ?? 1)));
}
