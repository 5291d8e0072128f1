/**
 * The command line. Only the command that is asked for is loaded, so that
 * `--help` is instant.
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import type { RunFlags } from "./commands/run.ts";
import { printError } from "./loggers/print.ts";

const CONFIG = "path of a YAML config";
const WEIGHTS = "file of weights: .safetensors, .pth";
const ONLY = "these parts alone, such as img_backbone";
const ENTRY = "key of the state dict in a PyTorch file, such as state_dict";
const OVERRIDES = "settings such as train.optimizer.lr=1e-4";

const program = new Command("pipeline")
  .description("Runs the stages of a config whose results are not there yet")
  .showHelpAfterError("Run with --help for what there is")
  .exitOverride((error) => Deno.exit(error.exitCode === 0 ? 0 : 2));

const collect = (value: string, before: string[] = []) => [...before, value];

program.command("run", { isDefault: true })
  .description("run a config (the default)")
  .argument("<config>", CONFIG)
  .argument("[overrides...]", OVERRIDES)
  .option("--only <stage>", "run only this stage; may be repeated", collect)
  .option("--from <stage>", "run this stage and what follows from it")
  .option("--until <stage>", "run this stage and what it needs")
  .option("--force <stage>", "run although nothing changed", collect)
  .option("--verify", "hash all files of artifacts")
  .option("--dry-run", "tell what would run")
  .addOption(jsonOption("print one event a line as JSON"))
  .action(async (config, overrides, flags: RunFlags) => {
    const { run } = await import("./commands/run.ts");
    Deno.exit(await run(config, overrides, flags));
  });

program.command("status")
  .description("tell which stages are stale, and why")
  .argument("<config>", CONFIG)
  .argument("[overrides...]", OVERRIDES)
  .option("--verify", "hash all files of artifacts")
  .addOption(jsonOption())
  .action(async (config, overrides, flags) => {
    const { status } = await import("./commands/status.ts");
    await status(config, overrides, flags);
  });

program.command("graph")
  .description("draw the stages and what they need")
  .argument("<config>", CONFIG)
  .argument("[overrides...]", OVERRIDES)
  .option("--mermaid", "as the text of a Mermaid diagram")
  .action(async (config, overrides, flags) => {
    const { graph } = await import("./commands/graph.ts");
    await graph(config, overrides, flags);
  });

program.command("config")
  .description("print all settings and where each comes from")
  .argument("<config>", CONFIG)
  .argument("[overrides...]", OVERRIDES)
  .addOption(jsonOption())
  .action(async (config, overrides, flags) => {
    const { config: show } = await import("./commands/config.ts");
    await show(config, overrides, flags);
  });

program.command("estimate")
  .description("tell what memory and time a config will need")
  .argument("<config>", CONFIG)
  .argument("[overrides...]", OVERRIDES)
  .option("--no-time", "leave out times: nothing is measured")
  .addOption(jsonOption())
  .action(async (config, overrides, flags) => {
    const { estimate } = await import("./commands/estimate.ts");
    await estimate(config, overrides, flags);
    Deno.exit(0);
  });

program.command("runs")
  .description("list past runs, the newest first")
  .option("-n, --number <count>", "how many", natural, 20)
  .addOption(jsonOption())
  .action(async (flags) => {
    const { runs } = await import("./commands/runs.ts");
    runs(flags);
  });

program.command("gc")
  .description("remove artifacts that no recent run uses")
  .requiredOption("--keep <count>", "runs to keep of each config", natural)
  .option("--dry-run", "tell what would be removed")
  .action(async (flags) => {
    const { gc } = await import("./commands/gc.ts");
    gc(flags);
  });

program.command("slurm")
  .description("print a batch script that runs a config on several nodes")
  .argument("<config>", CONFIG)
  .argument("[overrides...]", OVERRIDES)
  .option("--nodes <count>", "machines", positive, 1)
  .option("--gpus-per-node <count>", "0: on CPUs", natural, 0)
  .option("--processes-per-node <count>", "default: one a GPU", positive)
  .option("--cpus-per-process <count>", "default: Slurm's", positive)
  .option("--time <limit>", "as Slurm writes it", "24:00:00")
  .option("--grace <seconds>", "saves this long before it", positive, 300)
  .option("--partition <name>", "default: Slurm's")
  .option("--account <name>", "default: Slurm's")
  .addOption(
    new Option("--launcher <program>", "what starts the processes")
      .choices(["srun", "mpirun"]).default("srun"),
  )
  .action(async (config, overrides, flags) => {
    const { slurm } = await import("./commands/slurm.ts");
    await slurm(config, overrides, flags);
  });

program.command("doctor")
  .description("check this machine and the store")
  .addOption(jsonOption())
  .action(async (flags) => {
    const { doctor } = await import("./commands/doctor.ts");
    Deno.exit(await doctor(flags));
  });

const weights = program.command("weights")
  .description("look into files of weights, or convert them");

weights.command("show")
  .description("print names, shapes, types and what the file seems to be")
  .argument("<file>", WEIGHTS)
  .option("--for <config>", "list what this config's model would load of it")
  .option("--only <parts...>", ONLY)
  .option("--entry <key>", ENTRY)
  .addOption(jsonOption())
  .action(async (file, flags) => {
    const { showWeights } = await import("./commands/weights.ts");
    await showWeights(file, flags);
  });

weights.command("convert")
  .description("write weights under the detector's names, for either format")
  .argument("<in>", WEIGHTS)
  .argument("<out>", "file to write: .safetensors or .pth")
  .option("--for <config>", "exactly the parameters of this config's model")
  .option("--only <parts...>", ONLY)
  .option("--entry <key>", ENTRY)
  .option("--half", "float32 as float16, for .safetensors")
  .option("--force", "replace a file that exists")
  .action(async (from, to, flags) => {
    const { convertWeights } = await import("./commands/weights.ts");
    await convertWeights(from, to, flags);
  });

function jsonOption(text = "print JSON"): Option {
  return new Option("--json", text);
}

function natural(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number, such as 3.");
}

function positive(text: string): number {
  if (/^0*[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number above 0.");
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const { isDiskFull, DISK_FULL } = await import("./disk.ts");
  const isUsers = error.name === "ConfigError" || error.name === "UserError";
  if (!isUsers && !isDiskFull(error)) throw error;
  printError(`${isUsers ? error.message : DISK_FULL}\n`);
  Deno.exit(isUsers ? 2 : 1);
}
