/**
 * Processes that work together: MPI by FFI, or one alone. Open MPI and Slurm
 * start them; nothing here does.
 *
 * ```
 * ranks.ts    what ranks can do;  solo.ts: those of one process
 * device.ts   the GPU of a process
 * library.ts  Open MPI's library;  mpi.ts: ranks over it
 * reducer.ts  sums of tensors, in the host's memory;  direct.ts: on devices
 * nccl, cuda  NVIDIA's libraries;  choose.ts: which way a launch sums
 * ```
 * @module
 */
import { openLibrary } from "./library.ts";
import { mpiRanks } from "./mpi.ts";
import type { Launch, Ranks } from "./ranks.ts";
import { soloRanks } from "./solo.ts";

export {
  type Choice,
  type Group,
  type Libraries,
  openLibraries,
  openReducer,
} from "./choose.ts";
export type { CUDA, CudaFunctions } from "./cuda.ts";
export type { TensorMemory } from "./direct.ts";
export type { NCCL, NcclFunctions } from "./nccl.ts";
export { pickDevice } from "./device.ts";
export { type Launch, type Ranks, RanksError } from "./ranks.ts";
export { hostReducer, type Reducer } from "./reducer.ts";
export { soloRanks } from "./solo.ts";

/**
 * Joins the other processes of a launch; alone where there is none. At most
 * once in the life of a launch: MPI does not start a second time.
 * @throws {RanksError} without Open MPI's library
 */
export function openRanks(launch?: Launch): Ranks {
  if (launch === undefined || launch.size === 1) return soloRanks();
  return mpiRanks(openLibrary((name) => Deno.env.get(name)), launch);
}
