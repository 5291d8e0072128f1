/**
 * Ranks over MPI.
 *
 * Source: MPI 3.1, sections 5.9 (reductions), 12.4 (threads). An address of 1
 * is Open MPI's MPI_IN_PLACE.
 * @module
 */
import type { OpenMpi } from "./library.ts";
import { type Launch, type Ranks, RanksError } from "./ranks.ts";

/** Numbers of one call, 25 MB: the size of DDP's buckets. */
export const BUCKET = 25 * 2 ** 20 / 4;

/** Threads may call, one at a time: Deno picks another one for each call. */
const SERIALIZED = 2;

/** Joins the others. @throws {RanksError} where launcher and library differ */
export function mpiRanks(mpi: OpenMpi, launch: Launch): Ranks {
  const { f, world, float, sum } = mpi;
  const provided = new Int32Array(1);
  check("MPI_Init_thread", f.MPI_Init_thread(null, null, SERIALIZED, provided));
  const [rank, size] = [new Int32Array(1), new Int32Array(1)];
  check("MPI_Comm_rank", f.MPI_Comm_rank(world, rank));
  check("MPI_Comm_size", f.MPI_Comm_size(world, size));
  if (rank[0] !== launch.rank || size[0] !== launch.size) {
    throw new RanksError(
      `The launcher started this process as rank ${launch.rank} of ` +
        `${launch.size}, but ${mpi.path} says rank ${rank[0]} of ${size[0]}: ` +
        "they are of different MPIs. Start with the mpirun of this library, " +
        "or let MPI_LIB name the launcher's",
    );
  }
  if (provided[0]! < SERIALIZED) {
    throw new RanksError(
      `${mpi.path} was built without threads (MPI_THREAD_SERIALIZED)`,
    );
  }
  const inPlace = Deno.UnsafePointer.create(1n);
  const queue = new Queue();
  const all = async (calls: (() => Promise<void>)[]) => {
    // Queued at once, so that all processes have the same order of calls.
    await Promise.all(calls.map((call) => queue.add(call)));
  };
  const allReduce = (data: Float32Array) =>
    all(
      buckets(data).map((part) => async () => {
        const { MPI_Allreduce: reduce } = f;
        const code = await reduce(
          inPlace,
          part,
          part.length,
          float,
          sum,
          world,
        );
        check("MPI_Allreduce", code);
      }),
    );
  return {
    ...launch,
    allReduce,
    broadcast: (data) =>
      all(
        buckets(data).map((part) => async () => {
          const code = await f.MPI_Bcast(part, part.length, float, 0, world);
          check("MPI_Bcast", code);
        }),
      ),
    async any(condition) {
      const count = Float32Array.of(condition ? 1 : 0);
      await allReduce(count);
      return count[0]! > 0;
    },
    barrier: () =>
      queue.add(async () => check("MPI_Barrier", await f.MPI_Barrier(world))),
    close: () =>
      queue.add(async () => check("MPI_Finalize", await f.MPI_Finalize())),
  };
}

/** Parts of at most {@link BUCKET} numbers, on the same memory. */
function buckets(data: Float32Array): Float32Array<ArrayBuffer>[] {
  return Array.from(
    { length: Math.ceil(data.length / BUCKET) },
    (_, i) => data.subarray(i * BUCKET, (i + 1) * BUCKET),
  ) as Float32Array<ArrayBuffer>[];
}

function check(call: string, code: number): void {
  if (code !== 0) throw new Error(`${call} failed with code ${code}`);
}

/** Carries calls out one after the other, in the order of asking. */
class Queue {
  #last: Promise<void> = Promise.resolve();

  add(call: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(call);
    return this.#last;
  }
}
