/**
 * A program for `mpirun`: sums tensors by the libraries of a file, and by MPI.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  hostReducer,
  openRanks,
  openReducer,
} from "../../../engine/ranks/mod.ts";
import { openCuda } from "../../../engine/ranks/cuda.ts";
import { openNccl } from "../../../engine/ranks/nccl.ts";
import { readLaunch } from "../../../pipeline/launch.ts";
import { useTensorFlow } from "../../support/backend.ts";

const path = Deno.args[0]!;
const ranks = openRanks(readLaunch()!);
const engine = await useTensorFlow();
const memory = {
  device: "gpu" as const,
  copy: (tensor: tf.Tensor) => engine.copy(tensor),
  memory: (tensor: tf.Tensor) => engine.memory(tensor),
};
const { reducer, why } = await openReducer(ranks, memory, () => ({
  cuda: openCuda([path]),
  nccl: openNccl([path]),
}));

/** Numbers whose sums depend on their order. */
const given = (length: number) => {
  const data = Float32Array.from(
    { length },
    (_, i) => Math.sin(1 + i + 1000 * ranks.rank),
  );
  return tf.tensor1d(data);
};
const lengths = [100_003, 1, 64];
const rounds = [];
for (let round = 0; round < 2; round++) {
  const sums = await reducer.sum(lengths.map(given));
  const expected = await hostReducer(ranks).sum(lengths.map(given));
  rounds.push(sums.map((sum, i) => {
    const [own, other] = [sum.dataSync(), expected[i]!.dataSync()];
    return own.every((x, k) => Object.is(x, other[k]));
  }));
}
await reducer.close();
await ranks.close();
const told = { rank: ranks.rank, way: reducer.way, why, rounds };
console.log(JSON.stringify(told));
Deno.exit(0);
