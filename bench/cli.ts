/**
 * `deno task bench`: what things cost, beside what they cost elsewhere.
 * @module
 */
import { Command } from "commander";
import { feed } from "./feed/bench.ts";
import * as nusc from "./nusc/benches.ts";
import { findPython, installPeers } from "./peer/python.ts";
import { ranks } from "./ranks/bench.ts";
import { type Bench, type Line, UsageError } from "./run/bench.ts";
import { describeMachine } from "./run/machine.ts";
import { soak } from "./soak/bench.ts";
import * as steps from "./step/benches.ts";
import { textOf } from "./run/table.ts";

const BENCHES: Record<string, Bench> = {
  ...nusc,
  feed,
  ...steps,
  soak,
  ranks,
};

interface Flags {
  dir: string;
  peers: boolean;
  save?: boolean;
  streampetr?: string;
  torch?: string;
}

const list = Object.entries(BENCHES)
  .map(([name, { description }]) => `  ${name.padEnd(12)}${description}`)
  .join("\n");

const program = new Command("bench")
  .description("Times parts of this project beside their peers")
  .option("--dir <dir>", "generated cases and peers", ".cache/bench")
  .addHelpText("after", `\nBenchmarks:\n${list}`);

program.command("run", { isDefault: true })
  .description("run benchmarks, all by default")
  .argument("[names...]", "which ones")
  .option("--no-peers", "leave out the Python tools, even if installed")
  .option("--streampetr <dir>", "a clone of it: times its converter, too")
  .option("--torch <python>", "Python with torch, torchvision and scipy")
  .option("--save", "write bench/results/<name>.json")
  .action((names: string[], flags: Omit<Flags, "dir">) =>
    run(names, { ...flags, dir: program.opts().dir })
  );

program.command("install")
  .description("install the peers in a virtual environment, 1 GB")
  .option("--python <path>", "Python 3.11 or 3.12", "python3")
  .action(async ({ python }: { python: string }) => {
    console.log(`Installed ${await installPeers(program.opts().dir, python)}`);
  });

async function run(names: string[], flags: Flags): Promise<void> {
  const unknown = names.filter((name) => !(name in BENCHES));
  if (unknown.length) {
    throw new UsageError(
      `Found no benchmark ${unknown.join(", ")}, expected ` +
        Object.keys(BENCHES).join(", "),
    );
  }
  const machine = describeMachine();
  const python = flags.peers ? findPython(flags.dir) : null;
  const { dir, streampetr, torch } = flags;
  const say = (text: string) => console.error(text);
  const context = { dir, python, streampetr, torch, say };
  if (flags.peers && !python) {
    say("No peers are installed: ours only. See deno task bench install");
  }
  const all: Line[] = [];
  for (const name of names.length ? names : Object.keys(BENCHES)) {
    const lines = await BENCHES[name]!.run(context);
    all.push(...lines);
    if (flags.save) await save(name, { machine, lines });
  }
  console.log(textOf(all, machine));
}

async function save(name: string, result: unknown): Promise<void> {
  const folder = new URL("results/", import.meta.url);
  await Deno.mkdir(folder, { recursive: true });
  const text = JSON.stringify(result, null, 2);
  await Deno.writeTextFile(new URL(`${name}.json`, folder), text + "\n");
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(2);
}
