/**
 * The peers: Python tools in a virtual environment of their own.
 * @module
 */
import { existsSync } from "node:fs";
import { UsageError } from "../run/bench.ts";
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
 * @throws {UsageError} if there is no such Python or it cannot install
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
  const status = await start(command, args);
  if (status === null) {
    throw new UsageError(
      `Found no program ${command}, expected Python 3.11 or 3.12. Name it ` +
        "with --python",
    );
  }
  if (status === 0) return;
  throw new UsageError(
    `${command} ${args.join(" ")} ended with ${status}; what it said is above`,
  );
}

/** Exit code, null if there is no such program. */
async function start(command: string, args: string[]): Promise<number | null> {
  try {
    const options = { args, stdin: "null", stdout: "inherit" } as const;
    return (await new Deno.Command(command, options).spawn().status).code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Times a script of this folder. */
export function measurePeer(
  python: string,
  script: string,
  args: readonly string[],
): Promise<Cost> {
  return measure(python, [here(script), ...args]);
}
