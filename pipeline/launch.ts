/**
 * Whether a launcher (Open MPI's mpirun, Slurm's srun) has started this
 * process as one of several.
 * @module
 */
import type { Launch } from "./stage.ts";
import { hashValue } from "./hash.ts";

/** A launch as the pipeline sees it. */
export interface NamedLaunch extends Launch {
  /** Equal in all processes of this launch, and in no other. */
  id: string;
}

type Environment = (name: string) => string | undefined;

/** Variables of a launcher, by what they tell. */
const LAUNCHERS = [
  {
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    localRank: "OMPI_COMM_WORLD_LOCAL_RANK",
    localSize: "OMPI_COMM_WORLD_LOCAL_SIZE",
  },
  // srun --mpi=pmix. Without it, Slurm's own variables are also those of a
  // batch script, which is one process.
  {
    rank: "PMIX_RANK",
    size: "SLURM_NTASKS",
    localRank: "SLURM_LOCALID",
    localSize: "SLURM_NTASKS_PER_NODE",
  },
];

/** What no two launches share. */
const NAMES = [
  "OMPI_MCA_orte_precondition_transports",
  "PMIX_NAMESPACE",
  "SLURM_JOB_ID",
  "SLURM_STEP_ID",
  "SLURM_RESTART_COUNT",
];

/** The launch of this process; null if it was started alone. */
export function readLaunch(
  env: Environment = (name) => Deno.env.get(name),
): NamedLaunch | null {
  for (const names of LAUNCHERS) {
    const rank = natural(env(names.rank));
    const size = natural(env(names.size));
    if (rank === null || size === null || size < 2) continue;
    return {
      rank,
      size,
      localRank: natural(env(names.localRank)) ?? 0,
      localSize: natural(env(names.localSize)) ?? 1,
      id: hashValue(NAMES.map((name) => env(name) ?? null)).slice(0, 16),
    };
  }
  return null;
}

/**
 * Whether mpirun has started this process and is to end it. (Slurm's SIGCONT,
 * unlike mpirun's, also follows a pause; nor does mpirun pass on a terminal's,
 * unless it is told to.)
 */
export function isUnderMpirun(
  env: Environment = (name) => Deno.env.get(name),
): boolean {
  return env("OMPI_COMM_WORLD_RANK") !== undefined &&
    env("OMPI_MCA_orte_forward_job_control") === undefined;
}

function natural(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
