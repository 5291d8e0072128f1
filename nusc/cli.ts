/**
 * `deno task nusc`: the nuScenes kit on the command line.
 * @module
 */
import process from "node:process";
import { Command, InvalidArgumentError, Option } from "commander";
import { failureOf } from "./commands/failure.ts";

type Print = (text: string) => void;

/** The commands; each loads its code when it is called. */
export function buildProgram(print: Print, complain: Print): Command {
  const program = new Command("nusc").description(
    "nuScenes without Python: metrics, tracks and pictures",
  ).configureOutput({ writeOut: print, writeErr: complain }).exitOverride();
  addChecks(program, print);
  addData(program, print);
  addDetection(program, print);
  addTracking(program, print);
  addPictures(program, print);
  return program;
}

/** Whether a dataset, and what is made of it, is right. */
function addChecks(program: Command, print: Print): void {
  program.command("check")
    .description("open all tables, follow all scenes, find all sensor files")
    .requiredOption("--root <dir>", "dataset folder")
    .option("--version <name>", "tables, such as v1.0-mini")
    .option("--scenes <names...>", "only the files of these scenes")
    .option("--images", "look into every image for its header and end")
    .action(async (options) => {
      const { check } = await import("./commands/check.ts");
      check(options, print);
    });
  program.command("check-geometry")
    .description("self-test: ground truth before and after augmentation")
    .requiredOption("--root <dir>", "dataset folder")
    .option("--version <name>", "tables, such as v1.0-mini")
    .option("--split <name>", "official split, such as mini_val")
    .option("--scenes <names...>", "only these scenes")
    .option("--samples <count>", "key frames, evenly spread; 40", count(1))
    .option("--draws <count>", "augmentations of each; 8", count(0))
    .option("--bound <pixels>", "largest error that passes; 0.05", above0)
    .action(async (options) => {
      const { checkGeometry } = await import("./commands/check-geometry.ts");
      await checkGeometry(options, print);
    });
}

/** Records of key frames. */
function addData(program: Command, print: Print): void {
  common(program, "create-data")
    .description("one JSON line a key frame: calibration, poses and boxes")
    .requiredOption("--out <file>", "JSON lines, to be written")
    .option("--max-sweeps <count>", "LiDAR sweeps listed; 10", count(0))
    .option("--no-files", "sizes from the tables, sensor files unseen")
    .action(async (options) => {
      const { createData } = await import("./commands/create-data.ts");
      await createData(options, print);
    });
}

/** Metrics of detections. */
function addDetection(program: Command, print: Print): void {
  common(program, "evaluate", "submission with detections")
    .description("detection metrics (detection_cvpr_2019) of a results file")
    .option("--classes <names...>", "only these classes")
    .option("--skip-absent", "leave classes without ground truth out")
    .option("--out <dir>", "where metrics_*.json are written")
    .option("--curves <file>", "precision and errors over recall: .csv, .json")
    .action(async (options) => {
      const { evaluate } = await import("./commands/evaluate.ts");
      evaluate(options, print);
    });
}

/** Tracks and their metrics. */
function addTracking(program: Command, print: Print): void {
  common(program, "track", "submission with detections", "detections")
    .description("follow detections from frame to frame")
    .requiredOption("--out <file>", "submission with tracks, to be written")
    .option("--max-age <frames>", "misses that end a track; 3", count(1))
    .option("--min-score <score>", "detections that count; 0.25", number)
    .addOption(
      new Option("--matching <way>", "how detections take tracks; greedy")
        .choices(["greedy", "hungarian"]),
    )
    .action(async (options) => {
      const { track } = await import("./commands/track.ts");
      await track({ ...options, results: options.detections }, print);
    });
  common(program, "evaluate-tracking", "submission with tracks")
    .description("tracking metrics (tracking_nips_2019) of a results file")
    .option("--classes <names...>", "only these classes")
    .option("--out <dir>", "where metrics_*.json are written")
    .option("--curves <file>", "all metrics over recall: .csv, .json")
    .action(async (options) => {
      const { evaluateTracks } = await import(
        "./commands/evaluate-tracking.ts"
      );
      evaluateTracks(options, print);
    });
}

/** Pictures of key frames. */
function addPictures(program: Command, print: Print): void {
  program.command("render")
    .description("draw a key frame: cameras and the bird's-eye view")
    .requiredOption("--root <dir>", "dataset folder")
    .requiredOption("--out <file>", "picture: .svg, .png, .jpg or .webp")
    .option("--version <name>", "tables, such as v1.0-mini")
    .option("--sample <token>", "the key frame")
    .option("--scene <name>", "or: a scene")
    .option("--index <number>", "and a key frame of it, from 0", count(0))
    .option("--results <file>", "detections or tracks to draw too")
    .option("--view <name>", "all, cameras, bev or a channel; all")
    .option("--points", "draw LiDAR points into the images")
    .option("--width <pixels>", "of an image, or of a lone bev", count(16))
    .option("--min-score <score>", "boxes that are drawn; 0.25", number)
    .option("--range <metres>", "reach of the bird's-eye view", number)
    .action(async (options) => {
      const { render } = await import("./commands/render.ts");
      await render(options, print);
    });
}

/** A command with the options that all have; `results` is what it reads. */
function common(
  program: Command,
  name: string,
  results?: string,
  flag = "results",
): Command {
  const command = program.command(name)
    .requiredOption("--root <dir>", "dataset folder");
  if (results) command.requiredOption(`--${flag} <file>`, results);
  return command
    .option("--version <name>", "tables, such as v1.0-mini")
    .option("--split <name>", "mini_val, val, … or one of splits.json")
    .option("--scenes <names...>", "only these scenes");
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a number`);
}

/** A whole number that is not below `least`. */
function count(least: number): (text: string) => number {
  return (text) => {
    const value = number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(
      `Found "${text}", expected a whole number from ${least}`,
    );
  };
}

function above0(text: string): number {
  const value = number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError(`Found "${text}", expected a number above 0`);
}

/** Runs a command line; returns the exit code. */
export async function main(
  args: readonly string[],
  print: Print = (text) => process.stdout.write(text),
  complain: Print = (text) => process.stderr.write(text),
): Promise<number> {
  try {
    await buildProgram(print, complain).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return failureOf(error, complain);
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
