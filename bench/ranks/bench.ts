/**
 * Training on one process and on two, of the same machine and batch.
 * @module
 */
import type { Bench, BenchContext } from "../run/bench.ts";
import { measure } from "../run/child.ts";
import type { Cost } from "../run/report.ts";

const PROGRAM = new URL("./step.ts", import.meta.url).pathname;
const ALLOW = ["read", "write", "env", "sys", "ffi", "run"]
  .map((name) => `--allow-${name}`);

/** Streams of the global batch. */
const STREAMS = 4;

/** What several processes cost where they share the cores of one. */
export const ranks: Bench = {
  description: "a training step of the mini model, 1 and 2 processes",
  async run(context) {
    const [alone, two] = await fastest(context);
    check(alone, two);
    const [one, both] = [alone, two].map(({ seconds }) => STREAMS / seconds);
    const figure = `${one!.toFixed(2)} samples/s on 1 process, ` +
      `${both!.toFixed(2)} on 2: x${(both! / one!).toFixed(2)}`;
    const what = `${STREAMS} streams on`;
    return [
      { what: `${what} 1 process`, ours: alone, goals: [] },
      {
        what: `${what} 2 processes`,
        ours: two,
        goals: [{ figure, wanted: "no goal on one machine", met: null }],
        note: NOTE,
      },
    ];
  },
};

/** How often each is timed, in turns: others may use the cores as well. */
const ROUNDS = 2;

async function fastest(context: BenchContext): Promise<[Cost, Cost]> {
  const costs: Cost[][] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    for (const processes of [1, 2]) {
      costs[processes - 1]!.push(await stepOf(processes, context));
    }
  }
  const [alone, two] = costs.map((all) =>
    all.toSorted((a, b) => a.seconds - b.seconds)[0]!
  );
  return [alone!, two!];
}

/** @throws {Error} where the two have learned different things */
function check(alone: Cost, two: Cost): void {
  const [one, other] = [Number(alone.facts.loss), Number(two.facts.loss)];
  if (Math.abs(one - other) <= 1e-4 * one) return;
  throw new Error(`The loss is ${one} on 1 process, ${other} on 2`);
}

const NOTE =
  "the fastest of two launches, in turns; each process computes with the cores divided by the processes; " +
  "wall s are of the median step; CPU s and peak are of rank 0 alone";

async function stepOf(
  processes: number,
  { say }: BenchContext,
): Promise<Cost> {
  const batch = String(STREAMS / processes);
  const program = [
    ...[Deno.execPath(), "run", "--quiet", ...ALLOW, PROGRAM],
    ...["--batch", batch],
  ];
  const launcher = ["mpirun", "-np", String(processes), "--oversubscribe"];
  const flags = ["--bind-to", "none", "--allow-run-as-root"];
  const [command, ...args] = processes === 1
    ? program
    : [...launcher, ...flags, ...program];
  const cost = await measure(command!, args);
  say(`${processes}: ${JSON.stringify(cost.facts)}`);
  return cost;
}
