/** A program for `mpirun`: prints what each kind of call gives. @module */
import { openRanks } from "../../../engine/ranks/mod.ts";

const number = (name: string) => Number(Deno.env.get(name));
const ranks = openRanks({
  rank: number("OMPI_COMM_WORLD_RANK"),
  size: Number(Deno.args[0]),
  localRank: number("OMPI_COMM_WORLD_LOCAL_RANK"),
  localSize: number("OMPI_COMM_WORLD_LOCAL_SIZE"),
});
// More than a bucket, and no whole number of them.
const long = Float32Array.from({ length: 7_000_001 }, (_, i) => i % 1000);
const short = Float32Array.of(ranks.rank + 1, 10);
// Two at once keep their order. Those that wait for rank 0 hear a timer
// meanwhile: only their notes, written by timers, let rank 0 join.
const [, notes] = Deno.args as [string, string];
const join = () => Promise.all([ranks.allReduce(long), ranks.allReduce(short)]);
let heard = true;
if (ranks.rank === 0) {
  heard = await notesOf(ranks.size - 1);
  await join();
} else {
  const joined = join();
  setTimeout(() => Deno.writeTextFile(`${notes}/${ranks.rank}`, ""), 1);
  await joined;
}
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
  heard,
};
await ranks.close();
console.log(JSON.stringify(told));
Deno.exit(0);

/** Waits for so many notes; a minute without them means deaf processes. */
async function notesOf(count: number): Promise<boolean> {
  for (let i = 0; i < 6000; i++) {
    if ([...Deno.readDirSync(notes)].length === count) return true;
    await new Promise((done) => setTimeout(done, 10));
  }
  return false;
}
