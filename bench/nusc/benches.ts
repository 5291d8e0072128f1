/**
 * The kit's benchmarks and their goals.
 * @module
 */
import { existsSync } from "node:fs";
import {
  type Bench,
  memoryGoal,
  ratioGoal,
  timeGoal,
  UsageError,
} from "../run/bench.ts";
import { caseFolder } from "./case/cases.ts";
import { goldenSet } from "./golden.ts";
import { sideBySide } from "./side.ts";

const VERSION = "v1.0-trainval";

/** Detection metrics of as many boxes as a submission may have. */
export const detection: Bench = {
  description: "detection metrics, 6,019 samples x 300 boxes",
  async run(context) {
    context.say("detection: the case, made at the first time");
    const root = caseFolder(context.dir, "validation");
    const args = [root, VERSION, "val", `${root}/results_nusc.json`];
    const both = await sideBySide("detection", args, context);
    const goals = [ratioGoal(both, 15), memoryGoal(both.ours, 1.5)];
    return [{ what: this.description, ...both, goals }];
  },
};

/** create-data without images. */
export const frames: Bench = {
  description: "create-data, 201 samples, without the disk",
  async run(context) {
    const root = caseFolder(context.dir, "scenes");
    const args = [root, VERSION];
    const { python, streampetr } = context;
    if (streampetr) checkClone(streampetr);
    const both = await sideBySide("frames", args, {
      ...context,
      runs: 3,
      python: streampetr ? python : null,
      more: streampetr ? [streampetr] : [],
    });
    const samples = Number(both.ours.facts.samples);
    return [{
      what: this.description,
      ...both,
      goals: [timeGoal(both.ours, 5, "ms a sample", samples)],
      note: "create-data's time holds the reading of its tables; " +
        "StreamPETR's converter is timed with --streampetr DIR",
    }];
  },
};

function checkClone(folder: string): void {
  const path = `${folder}/tools/data_converter/nuscenes_converter.py`;
  if (existsSync(path)) return;
  throw new UsageError(
    `Found no ${path}, expected a clone of StreamPETR. Name its folder with ` +
      "--streampetr",
  );
}

/** Tracking metrics of the recorded set. */
export const tracking: Bench = {
  description: "tracking metrics, golden set",
  async run(context) {
    const set = goldenSet(context.dir);
    const results = `${set}/tracking/tracking_results.json`;
    const args = [`${set}/db`, "v1.0-mini", "mini_val", results];
    const both = await sideBySide("tracking", args, { ...context, runs: 3 });
    const goals = [timeGoal(both.ours, 0.3, "s")];
    return [{ what: this.description, ...both, goals }];
  },
};

/** Tables of the size of the whole dataset. */
export const tables: Bench = {
  description: "tables of v1.0-trainval's size opened",
  async run(context) {
    context.say("tables: the case, 2 GB, made at the first time");
    const root = caseFolder(context.dir, "trainval");
    const both = await sideBySide("tables", [root, VERSION], context);
    const goals = [
      timeGoal(both.ours, 15, "s"),
      memoryGoal(both.ours, 3),
    ];
    return [{ what: this.description, ...both, goals }];
  },
};
