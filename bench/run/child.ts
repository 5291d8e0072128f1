/**
 * Runs a process that reports its cost.
 * @module
 */
import type { Cost } from "./report.ts";

/**
 * Runs a command whose last line is a cost.
 * @throws {Error} if it fails, with what it said
 */
export async function measure(
  command: string,
  args: readonly string[],
): Promise<Cost> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stderr: "piped",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) {
    throw new Error(
      `Cannot time ${command} ${args.join(" ")}:\n${decode(stderr)}`,
    );
  }
  return JSON.parse(decode(stdout).split("\n").at(-1)!);
}

const PERMISSIONS = ["read", "write", "env", "sys", "ffi"];

/**
 * Runs a script of `bench/` with this Deno.
 * @param runs processes, of which the one with the least wall seconds counts
 * @param flags of Deno
 */
export async function measureOurs(
  script: string,
  args: readonly string[],
  runs = 1,
  flags: readonly string[] = [],
): Promise<Cost> {
  const path = new URL(`../${script}`, import.meta.url).pathname;
  const allow = PERMISSIONS.map((name) => `--allow-${name}`);
  const line = ["run", "--quiet", ...flags, ...allow, path, ...args];
  let best = await measure(Deno.execPath(), line);
  for (let i = 1; i < runs; i++) {
    const cost = await measure(Deno.execPath(), line);
    if (cost.seconds < best.seconds) best = cost;
  }
  return best;
}
