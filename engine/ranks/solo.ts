/** A process that was started alone. @module */
import type { Ranks } from "./ranks.ts";

/** Ranks of one: everything is there already. */
export function soloRanks(): Ranks {
  return {
    rank: 0,
    size: 1,
    localRank: 0,
    localSize: 1,
    allReduce: () => Promise.resolve(),
    broadcast: () => Promise.resolve(),
    any: (condition) => Promise.resolve(condition),
    barrier: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
