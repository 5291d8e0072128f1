/**
 * `pipeline slurm`: a batch script for Slurm, ready for `sbatch`.
 *
 * Source: sbatch(1), srun(1) of Slurm 23.11: `--signal` without `B:` goes to
 * the steps, with it to the script alone; since 22.05 steps no longer take
 * over `--cpus-per-task`.
 * @module
 */
import { basename } from "node:path";
import { print } from "../loggers/mod.ts";
import { makePlan } from "../plan.ts";
import { UserError } from "../stage.ts";

/** Options of the command. */
export interface SlurmFlags {
  nodes: number;
  /** 0: on CPUs. */
  gpusPerNode: number;
  /** Default: one for each GPU, or one. */
  processesPerNode?: number;
  cpusPerProcess?: number;
  /** Limit, as Slurm writes it. */
  time: string;
  /** Seconds before the limit at which work is saved. */
  grace: number;
  launcher: "srun" | "mpirun";
  partition?: string;
  account?: string;
}

/** Prints the script. @throws {ConfigError} @throws {UserError} */
export async function slurm(
  config: string,
  overrides: string[],
  flags: SlurmFlags,
): Promise<void> {
  const { stages } = await makePlan(config, overrides);
  if (!stages.some(({ module }) => module.ranks)) {
    throw new UserError(
      `No stage of ${config} works on several processes: they would wait for ` +
        "the first. Run it by `deno task pipeline` alone",
    );
  }
  print(slurmScript(config, overrides, flags));
}

/** The script's text. @throws {UserError} for a limit that is none of Slurm's */
export function slurmScript(
  config: string,
  overrides: readonly string[],
  flags: SlurmFlags,
): string {
  if (!/^(\d+|\d+(:\d\d){1,2}|\d+-\d+(:\d\d){0,2})$/.test(flags.time)) {
    throw new UserError(
      `Slurm knows no time limit "${flags.time}". Write it as minutes, ` +
        "hours:minutes:seconds or days-hours, such as 24:00:00 or 2-12",
    );
  }
  const command = ["deno task pipeline", ...[config, ...overrides].map(quote)];
  const sections = [
    head(config, flags),
    START,
    flags.launcher === "srun"
      ? stepOf(command.join(" "))
      : mpirunOf(command.join(" "), flags),
    END,
  ];
  return `${sections.join("\n\n")}\n`;
}

function head(config: string, flags: SlurmFlags): string {
  const { nodes, gpusPerNode: gpus, launcher, grace } = flags;
  const tasks = flags.processesPerNode ?? Math.max(1, gpus);
  const name = basename(config).replace(/\.ya?ml$/, "");
  const optional = (option: string, value: string | number | undefined) =>
    value === undefined ? [] : [`--${option}=${value}`];
  const options = [
    `--job-name=${name.replaceAll(/[^\w.-]/g, "-")}`,
    `--nodes=${nodes}`,
    `--ntasks-per-node=${tasks}`,
    ...gpus > 0 ? [`--gpus-per-node=${gpus}`] : [],
    ...optional("cpus-per-task", flags.cpusPerProcess),
    `--time=${flags.time}`,
    ...optional("partition", flags.partition),
    ...optional("account", flags.account),
    "--output=%x-%j.log",
    "--open-mode=append",
    "--requeue",
    // The script itself must hear it where it is to tell mpirun.
    `--signal=${launcher === "mpirun" ? "B:" : ""}TERM@${grace}`,
  ];
  return ["#!/bin/bash", ...options.map((text) => `#SBATCH ${text}`)]
    .join("\n");
}

const START =
  `# Submit from the project's folder, which all nodes must see. Where nodes have no
# network, run \`deno install\` and \`deno task pipeline doctor\` before.
# What happens is also in artifacts/latest/log.txt.
cd "$SLURM_SUBMIT_DIR" || exit 2
export NO_COLOR=1`;

function stepOf(command: string): string {
  return `if [ "$SLURM_CPUS_PER_TASK" ]; then
  export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"
fi
srun --mpi=pmix --kill-on-bad-exit=1 ${command}
code=$?`;
}

/** mpirun takes twice its timeout to end; a third of the grace is spare. */
function mpirunOf(command: string, { grace }: SlurmFlags): string {
  const timeout = Math.max(1, Math.floor(grace / 3));
  return `mpirun --bind-to none --mca odls_base_sigkill_timeout ${timeout} \\
  ${command} &
launch=$!
stopped=
trap 'stopped=1; kill -TERM "$launch"' TERM
wait "$launch"
code=$?
if [ "$stopped" ]; then
  wait "$launch" # the first wait ended with the signal
  code=130
fi`;
}

const END =
  `# 130: stopped before the limit, with a checkpoint. Goes on from there.
if [ "$code" = 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"`;

/** One word of the shell, whatever it holds. */
function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
