/** A program for `mpirun`: prints what each kind of call gives. @module */
import { openRanks } from "../../../engine/ranks/mod.ts";

const number = (name: string) => Number(Deno.env.get(name));
const ranks = openRanks({
  rank: number("OMPI_COMM_WORLD_RANK"),
  size: Number(Deno.args[0] ?? number("OMPI_COMM_WORLD_SIZE")),
  localRank: number("OMPI_COMM_WORLD_LOCAL_RANK"),
  localSize: number("OMPI_COMM_WORLD_LOCAL_SIZE"),
});
// More than a bucket, and no whole number of them.
const long = Float32Array.from({ length: 7_000_001 }, (_, i) => i % 1000);
const short = Float32Array.of(ranks.rank + 1, 10);
let turns = 0;
const timer = setInterval(() => turns++, 1);
// Two at once keep their order.
const reduced = Promise.all([ranks.allReduce(long), ranks.allReduce(short)]);
if (ranks.rank === 0) await new Promise((done) => setTimeout(done, 100));
await reduced;
clearInterval(timer);
const first = new Float32Array(3).fill(ranks.rank + 7);
await ranks.broadcast(first);
const [last, none] = [
  await ranks.any(ranks.rank === ranks.size - 1),
  await ranks.any(false),
];
await ranks.barrier();
const told = {
  rank: ranks.rank,
  short: [...short],
  long: long.every((x, i) => x === ranks.size * (i % 1000)),
  first: [...first],
  last,
  none,
  turns: turns > 10,
};
await ranks.close();
console.log(JSON.stringify(told));
Deno.exit(0);
