/**
 * `pipeline doctor`: is this machine ready?
 * @module
 */
import { allChecks } from "../doctor.ts";
import { print, style } from "../loggers/mod.ts";

const MARKS = { ok: "✓", warning: "!", error: "✗" };
const COLORS = { ok: "green", warning: "yellow", error: "red" } as const;

/** Prints every check; returns the exit code: 1 if one is an error. */
export async function doctor(
  { json = false }: { json?: boolean },
): Promise<number> {
  let code = 0;
  for await (const { name, status, found, advice } of allChecks()) {
    if (status === "error") code = 1;
    if (json) {
      print(`${JSON.stringify({ name, status, found, advice })}\n`);
      continue;
    }
    print(`${style(COLORS[status], MARKS[status])} ${name}: ${found}\n`);
    if (advice && status !== "ok") print(`  ${advice}\n`);
  }
  return code;
}
