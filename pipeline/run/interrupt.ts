/**
 * Ctrl+C: the first asks stages to save and stop, the second ends all.
 * @module
 */
import { killChildren } from "./process.ts";

/**
 * Under `deno task` a terminal's single Ctrl+C arrives twice: from the
 * terminal and from the task runner. What comes this soon is the same one.
 */
const ECHO_MS = 400;

/**
 * A signal that aborts on Ctrl+C or SIGTERM.
 *
 * mpirun asks its processes to end by SIGCONT, then SIGTERM, then SIGKILL,
 * with as long between each (`odls_base_sigkill_timeout`, 1 s): there the first
 * counts, for work to be saved in time, and mpirun sees to the end.
 * @param tell called at the first
 * @param leave called at the second, before the end
 */
export function onInterrupt(
  tell: () => void,
  leave: () => void,
  underMpirun = false,
): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  function interrupt(): void {
    const now = performance.now();
    if (!first) {
      first = now;
      controller.abort();
      tell();
    } else if (now - first > ECHO_MS && !underMpirun) {
      killChildren();
      leave();
      Deno.exit(130);
    }
  }
  const names: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"]; // not SIGHUP: `nohup` is to work
  if (underMpirun) names.push("SIGCONT");
  for (const name of names) Deno.addSignalListener(name, interrupt);
  return controller.signal;
}
