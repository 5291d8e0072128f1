/**
 * Programs that `mpirun` starts several times.
 * @module
 */
import { hasProgram } from "./program.ts";

/** Whether this machine can start ranks; says so once where it cannot. */
export const hasMpi = await hasProgram(
  "mpirun",
  "tests over several processes are SKIPPED (Debian: openmpi-bin)",
);

/** How a launch ended. */
export interface Launched {
  code: number;
  stdout: string;
  stderr: string;
}

/** Starts a module so many times, on however few cores. */
export async function mpirun(
  processes: number,
  command: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Launched> {
  const { code, stdout, stderr } = await new Deno.Command("mpirun", {
    args: ["-np", String(processes), "--oversubscribe", ...command],
    cwd: options.cwd,
    env: { ...MPI_ENV, NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Containers are root, and their cores are few. */
export const MPI_ENV = {
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_hwloc_base_binding_policy: "none",
};
