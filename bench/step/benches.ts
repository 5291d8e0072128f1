/**
 * A training step and an exported frame of StreamPETR R50 704 with 428
 * queries, beside PyTorch.
 * @module
 */
import { imagesIn } from "../feed/bench.ts";
import type { Bench, BenchContext, Goal, Line } from "../run/bench.ts";
import { measure, measureOurs } from "../run/child.ts";
import type { Cost } from "../run/report.ts";

const PEER = new URL("./peer/step.py", import.meta.url).pathname;

/** Forward pass, matching, losses, backward pass, clip and AdamW. */
export const step: Bench = {
  description: "a training step, R50 704, 428 queries, batch 1",
  async run(context) {
    const ours = await measureOurs("step/ours.ts", ["--steps", "5"]);
    const peer = await torch(context, ["--steps", "5"]);
    const goals = [shareGoal(ours, peer, 0.7)];
    return [{ what: this.description, ours, peer, goals, note: NOTE }];
  },
};

/** Six images and the memory to boxes and the next memory. */
export const frame: Bench = {
  description: "an exported frame, R50 704, 428 queries",
  async run(context) {
    const root = await imagesIn(context.dir, context.say);
    const bare = await frames(context, this.description, []);
    const what = "the same with its six JPEGs of 1600x900";
    return [bare, await frames(context, what, ["--images", root])];
  },
};

async function frames(
  context: BenchContext,
  what: string,
  images: string[],
): Promise<Line> {
  const ours = await measureOurs("step/frame.ts", [
    "--frames",
    "10",
    ...images,
  ]);
  const given = ["--forward", "--steps", "10", ...images];
  const peer = await torch(context, given);
  const rate = ({ seconds }: Cost) => (1 / seconds).toFixed(2);
  const goals = [shareGoal(ours, peer, 0.5), {
    figure: `${rate(ours)} frames a second` +
      (peer ? `, PyTorch ${rate(peer)}` : ""),
    wanted: "no goal",
    met: null,
  }];
  return { what, ours, peer, goals, note: NOTE };
}

const NOTE = "wall s are those of one step or frame, the median; CPU s are " +
  "those of the whole process, its warm-up included; the peer is " +
  "bench/step/peer, timed with --torch PYTHON";

async function torch(
  { torch: python, say }: BenchContext,
  args: string[],
): Promise<Cost | undefined> {
  if (!python) return undefined;
  const cost = await measure(python, [PEER, ...args]);
  say(`PyTorch: ${JSON.stringify(cost.facts)}`);
  return cost;
}

function shareGoal(ours: Cost, peer: Cost | undefined, limit: number): Goal {
  const share = peer && ours.seconds / peer.seconds;
  const cpu = peer && ours.workCpuSeconds / peer.workCpuSeconds;
  return {
    figure: share
      ? `${share.toFixed(2)} of PyTorch's time, ${cpu!.toFixed(2)} of its CPU s`
      : "not timed",
    wanted: `at most ${limit}`,
    met: share ? share <= limit : null,
  };
}
