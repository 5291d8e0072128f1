/**
 * The machine that figures were measured on.
 * @module
 */
import { cpus, loadavg, totalmem } from "node:os";

/** What figures depend on. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  deno: string;
  /** Processes that wanted a core, over the last minute, at the start. */
  load: number;
  /** UTC, such as `2026-02-03`. */
  date: string;
}

/** Of this moment. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    deno: Deno.version.deno,
    load: Math.round(loadavg()[0]! * 10) / 10,
    date: new Date().toISOString().slice(0, 10),
  };
}
