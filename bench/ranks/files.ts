/**
 * Ranks over files of a folder: for machines with GPUs and without MPI. Only
 * for what is short; a tensor goes by NCCL.
 * @module
 */
import type { Ranks } from "../../engine/ranks/mod.ts";

/** How long others are looked for, in milliseconds. */
const PATIENCE = 300_000;

/** Processes of this machine that share an empty folder. */
export function fileRanks(folder: string, rank: number, size: number): Ranks {
  let calls = 0;
  /** What all processes give in this call, by rank. */
  const exchange = async (own: Float32Array): Promise<Float32Array[]> => {
    const call = calls++;
    const path = (of: number) => `${folder}/${call}.${of}`;
    const bytes = new Uint8Array(own.slice().buffer);
    await Deno.writeFile(`${path(rank)}.part`, bytes);
    await Deno.rename(`${path(rank)}.part`, path(rank));
    const given = [];
    for (let of = 0; of < size; of++) given.push(await readOnce(path(of)));
    return given;
  };
  const allReduce = async (data: Float32Array) => {
    const given = await exchange(data);
    data.fill(0);
    for (const part of given) part.forEach((x, i) => data[i]! += x);
  };
  return {
    ...{ rank, size, localRank: rank, localSize: size },
    allReduce,
    async broadcast(data) {
      data.set((await exchange(data))[0]!);
    },
    async any(condition) {
      const given = await exchange(Float32Array.of(Number(condition)));
      return given.some(([value]) => value !== 0);
    },
    async barrier() {
      await exchange(new Float32Array(1));
    },
    close: () => Promise.resolve(),
  };
}

/** A file's numbers, once it is there. */
async function readOnce(path: string): Promise<Float32Array> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return new Float32Array((await Deno.readFile(path)).slice().buffer);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      if (performance.now() > end) throw error;
    }
    await new Promise((done) => setTimeout(done, 1));
  }
}
