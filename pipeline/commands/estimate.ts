/**
 * `pipeline estimate`: what a config will need, before anything starts.
 * @module
 */
import { basename } from "node:path";
import { bytes, duration, formatTable, print } from "../loggers/mod.ts";
import { makePlan } from "../plan.ts";
import { readRuns } from "../store/mod.ts";
import type { Estimate, GivenStage } from "../../stages/estimate.ts";

/** A stage's estimate with what earlier runs took. */
type Row = Estimate & { peak: number | null; ranFor: number | null };

/** Prints peak memory and time of each stage. */
export async function estimate(
  config: string,
  overrides: string[],
  { json = false, time = true }: { json?: boolean; time?: boolean },
): Promise<void> {
  const plan = await makePlan(config, overrides);
  const { estimateStages, FACTORS, measureMachine, peakOf } = await import(
    "../../stages/estimate.ts"
  );
  const stages: GivenStage[] = plan.stages.map((stage) => ({
    name: stage.name,
    file: basename(stage.entry.uses),
    config: stage.config,
    needs: stage.needs,
  }));
  const machine = time ? await measureMachine() : null;
  const past = pastSeconds(config, overrides);
  const rows: Row[] = estimateStages(stages, machine).map((each) => ({
    ...each,
    peak: peakOf(each),
    ranFor: past.get(each.name) ?? null,
  }));
  if (json) {
    print(`${JSON.stringify({ machine, factors: FACTORS, stages: rows })}\n`);
    return;
  }
  for (const line of table(rows)) print(`${line}\n`);
  print(
    `\nMemory: within a factor of ${FACTORS.memory}; on a GPU, what is not of ` +
      "libraries and images lies there. Time: within a factor of " +
      `${FACTORS.time}, from the network's FLOPs` +
      (machine ? ` at ${(machine.flops / 1e9).toFixed(0)} GFLOP/s` : "") +
      "; * from the last run of this config\n",
  );
}

function table(rows: Row[]): string[] {
  const cells = rows.map(({ name, memory, peak, seconds, ranFor }) => [
    name,
    peak === null ? "?" : bytes(peak),
    ranFor !== null
      ? `${duration(ranFor)} *`
      : seconds === null
      ? "?"
      : duration(seconds),
    Object.entries(memory ?? {}).filter(([, size]) => size > 5e6)
      .map(([part, size]) => `${part} ${bytes(size)}`).join(", "),
  ]);
  return formatTable(["stage", "peak memory", "time", "memory's parts"], cells);
}

/** Seconds of each stage when this very config last ran it. */
function pastSeconds(
  config: string,
  overrides: readonly string[],
): Map<string, number> {
  const found = new Map<string, number>();
  for (const run of readRuns()) {
    const same = run.config === config &&
      JSON.stringify(run.overrides) === JSON.stringify(overrides);
    if (!same) continue;
    for (const [name, { status, seconds }] of Object.entries(run.stages)) {
      if (status === "ran" && !found.has(name)) found.set(name, seconds);
    }
  }
  return found;
}
