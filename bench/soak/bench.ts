/**
 * The memory of a long run.
 * @module
 */
import type { Bench } from "../run/bench.ts";
import { measureOurs } from "../run/child.ts";

/** Share that memory may grow by once caches and pools are full. */
const GROWTH = 0.05;

/** The least memory of the last fifth of a run, beside that of the second. */
/** V8 fills the heap of each thread up to its limit before it clears it. */
const FLAGS = [
  "--v8-flags=--expose-gc,--max-old-space-size=80,--max-semi-space-size=4",
];

export const soak: Bench = {
  description: "memory over 10,000 iterations of a small network",
  async run({ dir, say }) {
    say("soak: some minutes");
    const ours = await measureOurs("soak/ours.ts", [`${dir}/soak`], 1, FLAGS);
    say(`soak: MiB by iteration ${ours.facts.curve}`);
    const share = Number(ours.facts.last) / Number(ours.facts.first) - 1;
    const figure = `${(100 * share).toFixed(1)} % more in the last fifth ` +
      "than in the second";
    const wanted = `at most ${100 * GROWTH} %`;
    const goals = [{ figure, wanted, met: share <= GROWTH }];
    return [{ what: this.description, ours, goals }];
  },
};
