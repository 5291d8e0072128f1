import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openRanks, pickDevice, RanksError } from "../../engine/ranks/mod.ts";
import { hasMpi, mpirun } from "../support/mpi.ts";

const CALLS = fileURLToPath(new URL("./ranks/calls.ts", import.meta.url));
const program = [Deno.execPath(), "run", "--allow-all", CALLS];

Deno.test("one process alone needs no MPI", async () => {
  const ranks = openRanks();
  const data = Float32Array.of(1, 2);
  await ranks.allReduce(data);
  await ranks.broadcast(data);
  await ranks.barrier();
  assert.deepEqual([...data], [1, 2]);
  assert.equal(await ranks.any(true), true);
  assert.equal(await ranks.any(false), false);
  assert.deepEqual([ranks.rank, ranks.size], [0, 1]);
  await ranks.close();
});

Deno.test("without Open MPI's library, what was tried is said", () => {
  const launch = { rank: 0, size: 2, localRank: 0, localSize: 2 };
  Deno.env.set("MPI_LIB", "no/libmpi.so.40");
  try {
    assert.throws(
      () => openRanks(launch),
      (error) =>
        error instanceof RanksError &&
        /tried no\/libmpi\.so\.40\)\. Install it/.test(error.message),
    );
    Deno.env.set("MPI_LIB", "libc.so.6");
    assert.throws(() => openRanks(launch), /libc\.so\.6 is no Open MPI/);
  } finally {
    Deno.env.delete("MPI_LIB");
  }
});

/** What CUDA may see once a process has picked. */
function picked(localRank: number, visible: string | null, count = 4) {
  const name = "CUDA_VISIBLE_DEVICES";
  const before = Deno.env.get(name);
  if (visible === null) Deno.env.delete(name);
  else Deno.env.set(name, visible);
  try {
    const launch = { rank: localRank, size: 4, localRank, localSize: 4 };
    pickDevice(launch, () => count);
    return Deno.env.get(name) ?? null;
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test("each process of a machine picks the GPU of its number", () => {
  assert.deepEqual([0, 1, 2, 3].map((i) => picked(i, null)), [..."0123"]);
  // More processes than GPUs go round; one GPU is everybody's.
  assert.deepEqual([0, 1, 2, 3].map((i) => picked(i, null, 2)), [..."0101"]);
  assert.equal(picked(3, null, 1), null);
  assert.equal(picked(3, null, 0), null);
  // Those that the launcher leaves, by number or name.
  assert.equal(picked(2, "7,5,3,1"), "3");
  assert.equal(picked(1, "GPU-a,GPU-b"), "GPU-b");
  assert.equal(picked(1, "6"), "6");
  assert.equal(picked(1, ""), "");
});

Deno.test("one process of a machine keeps all GPUs", () => {
  const before = Deno.env.get("CUDA_VISIBLE_DEVICES");
  const launch = { rank: 1, size: 2, localRank: 0, localSize: 1 };
  pickDevice(launch, () => 8);
  assert.equal(Deno.env.get("CUDA_VISIBLE_DEVICES"), before);
});

for (const processes of [2, 3]) {
  Deno.test({
    name: `${processes} processes add, copy, agree, and hear events meanwhile`,
    ignore: !hasMpi,
    async fn() {
      const notes = await Deno.makeTempDir();
      const { code, stdout, stderr } = await mpirun(
        processes,
        [...program, String(processes), notes],
      );
      await Deno.remove(notes, { recursive: true });
      assert.equal(code, 0, stderr);
      const told = stdout.trim().split("\n").map((line) => JSON.parse(line))
        .sort((a, b) => a.rank - b.rank);
      const sum = processes * (processes + 1) / 2;
      assert.deepEqual(
        told,
        Array.from({ length: processes }, (_, rank) => ({
          rank,
          short: [sum, 10 * processes],
          long: true,
          first: [7, 7, 7],
          last: true,
          none: false,
          heard: true,
        })),
      );
    },
  });
}

Deno.test({
  name: "a launcher that disagrees with the library is named",
  ignore: !hasMpi,
  async fn() {
    const { code, stderr } = await mpirun(2, [...program, "4", ""]);
    assert.notEqual(code, 0);
    assert.match(stderr, /rank \d of 4, but \S+ says rank \d of 2/);
  },
});
