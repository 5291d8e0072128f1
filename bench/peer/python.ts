/**
 * The peers: Python tools in a virtual environment of their own.
 * @module
 */
import { existsSync } from "node:fs";
import { measure } from "../run/child.ts";
import type { Cost } from "../run/report.ts";

const here = (path: string) => new URL(path, import.meta.url).pathname;

/** The environment's Python, or null if it was never installed. */
export function findPython(dir: string): string | null {
  const python = `${dir}/venv/bin/python`;
  return existsSync(`${dir}/venv/installed`) ? python : null;
}

/**
 * Makes the environment and installs what `requirements.txt` pins.
 * @param base a Python that can make environments
 */
export async function installPeers(dir: string, base: string): Promise<string> {
  const python = `${dir}/venv/bin/python`;
  await run(base, ["-m", "venv", "--clear", `${dir}/venv`]);
  const requirements = here("requirements.txt");
  await run(python, ["-m", "pip", "install", "--quiet", "-r", requirements]);
  await Deno.writeTextFile(`${dir}/venv/installed`, "");
  return python;
}

async function run(command: string, args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new Error(`Cannot run ${command} ${args.join(" ")}`);
}

/** Times a script of this folder. */
export function measurePeer(
  python: string,
  script: string,
  args: readonly string[],
): Promise<Cost> {
  return measure(python, [here(script), ...args]);
}
