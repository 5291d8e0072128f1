/** Sums over devices, with NCCL's and CUDA's functions written down. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Libraries,
  openLibraries,
  openReducer,
  soloRanks,
} from "../../engine/ranks/mod.ts";
import { useTensorFlow } from "../support/backend.ts";
import { compileLibrary, hasCompiler } from "../support/cc.ts";
import { hasMpi, mpirun } from "../support/mpi.ts";
import { type Failures, fakeLibraries, numbersAt } from "./ranks/fake.ts";

const engine = await useTensorFlow();
const copy = (tensor: tf.Tensor) => engine.copy(tensor);
const memory = {
  device: "gpu" as const,
  copy,
  memory: (tensor: tf.Tensor) => engine.memory(tensor),
};

/** What one of two processes hears; the other is equal but for `names`. */
function rankOf(rank: number, { lacks = false, names = [5, 6, 7] } = {}) {
  const sent: Float32Array[] = [];
  const ranks = {
    ...soloRanks(),
    ...{ rank, size: 2 },
    any: (condition: boolean) => Promise.resolve(condition || lacks),
    allReduce(data: Float32Array) {
      names.forEach((x, i) => data[3 * (1 - rank) + i]! += x);
      return Promise.resolve();
    },
    broadcast(data: Float32Array) {
      sent.push(data.slice());
      if (rank > 0) data.forEach((_, i) => data[i] = 255 - i);
      return Promise.resolve();
    },
  };
  return { ranks, sent };
}

const ID = Array.from({ length: 128 }, (_, i) => 255 - i);

Deno.test("a sum waits for the device, sums in place, and waits again", async () => {
  const calls: string[] = [];
  const { ranks, sent } = rankOf(0);
  const { reducer, why } = await openReducer(
    ranks,
    memory,
    () => fakeLibraries(calls, 2),
  );
  assert.equal(why, null);
  assert.equal(reducer.way, "by NCCL 2.28.9 on the devices");
  assert.deepEqual(sent.map((data) => [...data]), [ID]);
  assert.deepEqual(calls.splice(0), [
    "cudaGetDeviceCount",
    "cudaDeviceGetPCIBusId 64 0",
    "cudaStreamCreateWithFlags 1",
    "ncclGetUniqueId 128",
    `ncclCommInitRank 2 ${ID.join()} 0`,
  ]);
  const before = engine.tensors();
  const given = [tf.fill([3, 2], 4), tf.tensor1d([1, -2, 0.5, 8, 16])];
  const sums = await reducer.sum(given);
  assert.deepEqual(calls.splice(0), [
    "cudaDeviceSynchronize",
    `ncclAllReduce true 6 7 0 ${0xc0} ${0x57}`,
    `ncclAllReduce true 5 7 0 ${0xc0} ${0x57}`,
    `cudaStreamSynchronize ${0x57}`,
    `ncclCommGetAsyncError ${0xc0}`,
  ]);
  assert.deepEqual(sums.map(({ shape }) => shape), [[3, 2], [5]]);
  assert.deepEqual([...sums[0]!.dataSync()], Array(6).fill(8));
  assert.deepEqual([...sums[1]!.dataSync()], [2, -4, 1, 16, 32]);
  assert.ok(given.every(({ isDisposed }) => isDisposed));
  tf.dispose(sums);
  assert.equal(engine.tensors(), before);
  await reducer.close();
  assert.deepEqual(calls, [
    `ncclCommDestroy ${0xc0}`,
    `cudaStreamDestroy ${0x57}`,
  ]);
});

Deno.test("other processes join by the name that rank 0 has made", async () => {
  const calls: string[] = [];
  await openReducer(rankOf(1).ranks, memory, () => fakeLibraries(calls, 2));
  assert.ok(!calls.some((call) => call.startsWith("ncclGetUniqueId")));
  assert.equal(calls.at(-1), `ncclCommInitRank 2 ${ID.join()} 1`);
});

Deno.test("numbers have the same memory under two names, a copy its own", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const alias = x.clone();
  const own = engine.copy(x);
  assert.equal(engine.memory(alias).address, engine.memory(x).address);
  const { address, bytes } = engine.memory(own);
  assert.notEqual(address, engine.memory(x).address);
  assert.equal(bytes, 12);
  numbersAt(address, 3).fill(9);
  assert.deepEqual([...x.dataSync()], [1, 2, 3]);
  assert.deepEqual([...own.dataSync()], [9, 9, 9]);
  tf.dispose([x, alias, own]);
});

/** Opens the way of a process, and says why it is MPI's. */
async function refused(
  ranks: ReturnType<typeof rankOf>["ranks"],
  open: () => Libraries,
  device: "cpu" | "gpu" = "gpu",
): Promise<string> {
  const { reducer, why } = await openReducer(
    ranks,
    { ...memory, device },
    open,
  );
  assert.equal(reducer.way, "by MPI in the host's memory");
  return why!;
}

Deno.test("without NCCL on every process, MPI sums, and it is said why", async () => {
  const { ranks } = rankOf(0);
  const fake = (failures: Failures = {}) => () =>
    fakeLibraries([], 2, { failures });
  assert.match(await refused(ranks, fake(), "cpu"), /runs on the CPU/);
  const missing = () =>
    openLibraries({ cuda: null, nccl: null }, () => "no/libnccl.so.2");
  assert.match(await refused(ranks, missing), /^no\/libnccl\.so\.2: cannot/);
  const off = () => openLibraries({ cuda: null, nccl: null }, () => "off");
  assert.equal(await refused(ranks, off), "NCCL_LIB is off");
  assert.equal(
    await refused(ranks, fake({ cudaGetDeviceCount: 35 })),
    "CUDA's cudaGetDeviceCount failed: cuda words 35 (35)",
  );
  const other = rankOf(0, { lacks: true }).ranks;
  assert.match(await refused(other, fake()), /another process/);
});

Deno.test("processes that share a GPU are summed by MPI", async () => {
  let seen: number[] = [];
  const { ranks } = rankOf(0);
  const spy = {
    ...ranks,
    allReduce(data: Float32Array) {
      seen = [...data];
      return Promise.resolve();
    },
  };
  const calls: string[] = [];
  await openReducer(spy, memory, () => fakeLibraries(calls, 2));
  assert.ok(seen.slice(0, 3).every((x) => x < 2 ** 24 && Number.isInteger(x)));
  assert.deepEqual(seen.slice(3), [0, 0, 0]);
  const same = rankOf(0, { names: seen.slice(0, 3) }).ranks;
  calls.length = 0;
  const why = await refused(same, () => fakeLibraries(calls, 2));
  assert.match(why, /share a GPU/);
  assert.ok(!calls.some((call) => call.startsWith("nccl")));
  const elsewhere = () => fakeLibraries([], 2, { busId: "0000:02:00.0" });
  assert.equal((await openReducer(same, memory, elsewhere)).why, null);
});

const WORDS: [string, RegExp][] = [
  [
    "cudaDeviceSynchronize",
    /^CUDA's cudaDeviceSynchronize failed: cuda words 3/,
  ],
  [
    "ncclAllReduce",
    /^NCCL's ncclAllReduce failed: nccl words 3 \(3\)\. NCCL_D/,
  ],
  [
    "cudaStreamSynchronize",
    /^CUDA's cudaStreamSynchronize failed: cuda words 3/,
  ],
  [
    "ncclCommGetAsyncError",
    /^NCCL's ncclCommGetAsyncError failed: nccl words 3/,
  ],
  ["later", /^NCCL's ncclAllReduce failed: nccl words 3/],
];
for (const [call, words] of WORDS) {
  Deno.test(`an error of ${call} is told in the library's words`, async () => {
    const failures = { [call]: 3 };
    const open = () => fakeLibraries([], 2, { failures });
    const { reducer } = await openReducer(rankOf(0).ranks, memory, open);
    await assert.rejects(
      () => reducer.sum([tf.tensor1d([1, 2])]),
      ({ message }: Error) => words.test(message),
    );
  });
}

Deno.test("a group that cannot be joined ends the run", async () => {
  for (const call of ["ncclGetUniqueId", "ncclCommInitRank"]) {
    const open = () => fakeLibraries([], 2, { failures: { [call]: 5 } });
    await assert.rejects(
      () => openReducer(rankOf(0).ranks, memory, open),
      new RegExp(`NCCL's ${call} failed: nccl words 5 \\(5\\)`),
    );
  }
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

Deno.test({
  name: "2 processes sum by a library in C what MPI sums, to the bit",
  ignore: !hasMpi || !hasCompiler,
  async fn() {
    const folder = await Deno.makeTempDir();
    const library = `${folder}/libfake.so`;
    await compileLibrary(here("./ranks/fake.c"), library);
    const program = [Deno.execPath(), "run", "--quiet", "--allow-all"];
    const { code, stdout, stderr } = await mpirun(
      2,
      [...program, here("./ranks/sums.ts"), library],
      { env: { FAKE_NCCL: folder, TF_ENABLE_ONEDNN_OPTS: "0" } },
    );
    await Deno.remove(folder, { recursive: true });
    assert.equal(code, 0, stderr);
    const told = stdout.trim().split("\n").map((line) => JSON.parse(line));
    told.sort((a, b) => a.rank - b.rank);
    const way = "by NCCL 2.28.9 on the devices";
    const rounds = Array(2).fill([true, true, true]);
    assert.deepEqual(
      told,
      [0, 1].map((rank) => ({ rank, way, why: null, rounds })),
    );
  },
});
