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

/** Runs a script of `bench/` with this Deno. */
export function measureOurs(
  script: string,
  args: readonly string[],
): Promise<Cost> {
  const path = new URL(`../${script}`, import.meta.url).pathname;
  const allow = PERMISSIONS.map((name) => `--allow-${name}`);
  return measure(Deno.execPath(), ["run", "--quiet", ...allow, path, ...args]);
}
