/**
 * Sums tensors that the engine makes on its GPU by NCCL, checks every number,
 * and times it.
 *
 *     deno run --allow-all bench/ranks/nccl.ts --processes 2
 *
 * One process a GPU; with one process (the default) the sum is what was given.
 * Needs Deno and TENSORFLOW_LIB. `mpirun -np 2 deno run …` does the same over
 * MPI. Ends with 1 where a number is wrong or there is no NCCL.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { Command } from "commander";
import {
  hostReducer,
  openLibraries,
  openReducer,
  type Reducer,
  soloRanks,
} from "../../engine/ranks/mod.ts";
import { findCuda, startTensorFlow } from "../../engine/tensorflow/mod.ts";
import { joinGroup } from "./group.ts";

const { processes, rows, rounds } = new Command()
  .option("--processes <n>", "one a GPU", Number, 1)
  .option("--rows <n>", "of 1024 numbers; 40000: 164 MB", Number, 40_000)
  .option("--rounds <n>", "timed sums", Number, 20)
  .parse(Deno.args, { from: "user" })
  .opts();

const ROW = 1024;
/** Kernels that are still at work when the sum begins. */
const QUEUED = 50;
const CHECKS = 5;

const ranks = await joinGroup(processes);
const { rank, size } = ranks;
const engine = await startTensorFlow();
const { device, library } = engine.describe();
const { parts } = await findCuda(library.path);
const { reducer, why } = await openReducer(
  ranks,
  engine,
  () =>
    openLibraries({
      cuda: parts["CUDA 12"] ?? null,
      nccl: parts["NCCL 2"] ?? null,
    }),
);
const say = (text: string) => rank === 0 && console.log(text);
const mask = Deno.env.get("CUDA_VISIBLE_DEVICES") ?? "all";
console.log(`rank ${rank} of ${size}: ${device.name}, GPUs seen: ${mask}`);
if (why !== null) {
  console.error(`rank ${rank}: no NCCL: ${why}`);
  Deno.exit(1);
}
const megabytes = (4 * (rows * ROW + ROW - 1) / 1e6).toFixed(0);
say(`sums ${megabytes} MB ${reducer.way}`);
let wrong = 0;
for (let i = 0; i < CHECKS; i++) wrong += await check(i);
say(`${CHECKS} sums of known numbers: ${wrong} wrong`);
await report(`sum over ${size}`, reducer, rounds);
if (rank === 0) {
  await report("to the host and back, no sum", hostReducer(soloRanks()), 3);
}
await reducer.close();
await ranks.close();
Deno.exit(wrong > 0 ? 1 : 0);

/** Two tensors of this process, which kernels are still to make. */
function given(offset: number): tf.Tensor[] {
  return tf.tidy(() => {
    const row = tf.range(0, ROW);
    let long = tf.tile(row, [rows]);
    for (let i = 0; i < QUEUED; i++) long = tf.add(long, 1);
    const short = tf.mul(tf.range(1, ROW), offset + 1);
    return [tf.add(long, offset), short];
  });
}

/** Wrong numbers in a sum, whose right ones float32 holds exactly. */
async function check(round: number): Promise<number> {
  const offsetOf = (of: number) => round + 10 * of;
  const sums = await reducer.sum(given(offsetOf(rank)));
  const all = Array.from({ length: size }, (_, of) => offsetOf(of));
  const total = all.reduce((a, b) => a + b, 0);
  const [long, short] = sums.map((sum) => sum.dataSync());
  let count = 0;
  long!.forEach((x, i) => {
    if (x !== size * (i % ROW + QUEUED) + total) count++;
  });
  short!.forEach((x, i) => {
    if (x !== (i + 1) * (total + size)) count++;
  });
  tf.dispose(sums);
  return count;
}

/** Times sums; the tensors are there when one begins. */
async function report(
  what: string,
  way: Reducer,
  count: number,
): Promise<void> {
  const seconds: number[] = [];
  for (let i = 0; i < count + 2; i++) {
    const tensors = given(0);
    tensors[1]!.dataSync(); // waits for all that was queued
    if (way === reducer) await ranks.barrier();
    const start = performance.now();
    const sums = await way.sum(tensors);
    sums.forEach((sum) => engine.memory(sum)); // the host's go back only now
    tf.dispose(sums);
    if (i >= 2) seconds.push((performance.now() - start) / 1e3);
  }
  seconds.sort((a, b) => a - b);
  const median = seconds[Math.floor(count / 2)]!;
  const speed = Number(megabytes) / 1e3 / median;
  const bus = way === reducer && size > 1
    ? `, ${(speed * 2 * (size - 1) / size).toFixed(1)} GB/s on the bus`
    : "";
  say(
    `${what}: ${(1e3 * median).toFixed(2)} ms (median of ${count}, ` +
      `best ${(1e3 * seconds[0]!).toFixed(2)}), ${speed.toFixed(1)} GB/s${bus}`,
  );
}
