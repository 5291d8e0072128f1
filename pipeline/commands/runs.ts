/**
 * `pipeline runs`: what ran when.
 * @module
 */
import { duration, formatTable, outputWidth, print } from "../loggers/mod.ts";
import { isAlive, readRuns, type RunRecord } from "../store/mod.ts";

/** Prints past runs, the newest first. */
export function runs(
  { number, json = false }: { number: number; json?: boolean },
): void {
  const records = [...readRuns().take(number)];
  if (json) {
    for (const run of records) {
      print(`${JSON.stringify({ ...run, status: statusOf(run) })}\n`);
    }
    return;
  }
  if (records.length === 0) {
    print("There are no runs yet\n");
    return;
  }
  const rows = records.map((run) => [
    run.id,
    statusOf(run),
    run.status === "running" ? "" : duration(run.seconds),
    countStages(run),
    [run.config, ...run.overrides].join(" "),
  ]);
  const columns = ["run", "status", "time", "stages", "config"];
  const lines = formatTable(columns, rows, outputWidth());
  for (const line of lines) print(`${line}\n`);
}

/** A run that says it is running may have been killed. */
function statusOf({ id, status }: RunRecord): string {
  return status === "running" && !isAlive(id) ? "killed" : status;
}

function countStages({ stages }: RunRecord): string {
  const counts = new Map<string, number>();
  for (const { status } of Object.values(stages)) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}
