/**
 * `deno task nusc`: the nuScenes kit on the command line.
 * @module
 */
import process from "node:process";
import { Command } from "commander";
import { DatasetError, ResultsError } from "./errors.ts";

/** The commands; each loads its code when it is called. */
export function buildProgram(print: (text: string) => void): Command {
  const program = new Command("nusc").description(
    "nuScenes without Python: metrics and tracks",
  ).configureOutput({ writeOut: print });
  program.command("evaluate")
    .description("detection metrics (detection_cvpr_2019) of a results file")
    .requiredOption("--root <dir>", "dataset folder")
    .requiredOption("--results <file>", "submission with detections")
    .option("--version <name>", "tables, such as v1.0-mini")
    .option("--split <name>", "official split, such as mini_val")
    .option("--scenes <names...>", "only these scenes")
    .option("--classes <names...>", "only these classes")
    .option("--skip-absent", "leave classes without ground truth out")
    .option("--out <dir>", "where metrics_*.json are written")
    .action(async (options) => {
      const { evaluate } = await import("./commands/evaluate.ts");
      await evaluate(options, print);
    });
  return program;
}

/** Runs a command line; returns the exit code. */
export async function main(
  args: readonly string[],
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  try {
    await buildProgram(print).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof DatasetError || error instanceof ResultsError) {
      process.stderr.write(`error: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
