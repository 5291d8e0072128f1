/**
 * The metric `detection_cvpr_2019` of a results file.
 * @module
 */
import { DETECTION_NAMES } from "../../categories.ts";
import type { DetectionName } from "../../infos/types.ts";
import { readResults, type ResultBoxes } from "../../results/mod.ts";
import { type Dataset, group } from "../../tables/mod.ts";
import { chooseClasses } from "../common/classes.ts";
import { BoxFilter, type FilterCounts } from "../common/filter.ts";
import {
  checkCoverage,
  type Selected,
  type Selection,
  selectSamples,
} from "../common/samples.ts";
import { ascendingOrder } from "../common/sort.ts";
import { truthBoxes } from "../common/truth.ts";
import { detectionConfig, thresholdKey } from "./config.ts";
import { type Curves, curvesOf, emptyCurves } from "./curves.ts";
import { type ClassBoxes, matchBoxes } from "./match.ts";
import { type DetectionMetrics, summarize } from "./metrics.ts";

/** What to evaluate and how. */
export type DetectionOptions = Selection & {
  /** Default: all ten. */
  classes?: readonly DetectionName[];
  /**
   * Classes without ground truth: `zero` counts them with AP 0 and errors 1
   * as the devkit does, `skip` leaves them out of the means.
   */
  absent?: "zero" | "skip";
};

/** Metrics with the curves behind them. */
export interface DetectionEvaluation {
  /** What `metrics_summary.json` holds. */
  summary: DetectionMetrics;
  /** Curves by `class:threshold`, such as `car:0.5`. */
  details: Record<string, Curves>;
  /** Classes without any ground truth. */
  absent: DetectionName[];
  /** Boxes left after each filter. */
  counts: { predictions: FilterCounts; truth: FilterCounts };
  /** What a reader of the numbers should know. */
  notes: string[];
}

/**
 * Evaluates a nuScenes submission.
 * @throws {DatasetError} if tables are missing or damaged
 * @throws {ResultsError} if the results are
 */
export function evaluateDetection(
  dataset: Dataset,
  resultsPath: string,
  options: DetectionOptions,
): DetectionEvaluation {
  const started = performance.now();
  const names = chooseClasses(DETECTION_NAMES, options.classes);
  const selected = selectSamples(dataset, options);
  const results = readResults(resultsPath, "detection", dataset.samples.index);
  const notes = checkCoverage(dataset, results, selected);
  const config = detectionConfig(names);
  const boxes = prepare(dataset, selected, results.boxes, names);
  const details: Record<string, Curves> = {};
  const absent: DetectionName[] = [];
  for (const name of names) {
    const own = boxes.ofClass(name);
    if (!own.positives.length) absent.push(name);
    for (const threshold of config.dist_ths) {
      const positives = own.positives.length;
      details[`${name}:${thresholdKey(threshold)}`] = positives
        ? curvesOf(matchBoxes(own, threshold), positives)
        : emptyCurves();
    }
  }
  const present = names.filter((name) => !absent.includes(name));
  const over = (averaged: DetectionName[]) =>
    summarize(
      (name, threshold) => details[`${name}:${thresholdKey(threshold)}`]!,
      config,
      averaged,
    );
  const { cfg, ...numbers } = over(options.absent === "skip" ? present : names);
  return {
    summary: {
      ...numbers,
      eval_time: (performance.now() - started) / 1000,
      cfg,
      meta: results.meta,
    },
    details,
    absent,
    counts: boxes.counts,
    notes: [
      ...selected.notes,
      ...notes,
      ...absentNote(absent, options.absent, over(present)),
    ],
  };
}

/** Which classes have no ground truth and what that does to the means. */
function absentNote(
  absent: readonly string[],
  how: "zero" | "skip" = "zero",
  others: Pick<DetectionMetrics, "mean_ap" | "nd_score">,
): string[] {
  if (!absent.length) return [];
  const names = `No ground truth of ${absent.join(", ")}: these`;
  if (how === "skip") return [`${names} are left out of the means`];
  const { mean_ap, nd_score } = others;
  const without = Number.isNaN(mean_ap) ? "" : `; over the other classes mAP ` +
    `is ${mean_ap.toFixed(4)} and NDS ${nd_score.toFixed(4)}`;
  return [`${names} count with AP 0 and errors 1, as in the devkit${without}`];
}

/** Filters all boxes and sorts predictions, best first. */
function prepare(
  dataset: Dataset,
  { samples, part }: Selected,
  predictions: ResultBoxes,
  names: DetectionName[],
) {
  const wanted = new Uint8Array(dataset.samples.rows.length);
  for (const sample of samples) wanted[sample] = 1;
  const { class_range } = detectionConfig(names);
  const filter = new BoxFilter(dataset, {
    labels: DETECTION_NAMES,
    // A class that is not evaluated has range 0: none of its boxes stays.
    ranges: DETECTION_NAMES.map((name) => class_range[name] ?? 0),
  });
  const truth = truthBoxes(dataset, samples, DETECTION_NAMES);
  const found = filter.filter(predictions, wanted);
  const real = filter.filter(truth, wanted, truth.points);
  // Which of equal scores is first: by the file, but in a split of one's own
  // by the table of samples.
  const kept = part
    ? orderBySample(found.kept, predictions, wanted.length)
    : found.kept;
  const order = ascendingOrder(
    Float64Array.from(kept, (box) => predictions.score[box]!),
  ).reverse().map((place) => kept[place]!);
  return {
    counts: { predictions: found.counts, truth: real.counts },
    ofClass(name: DetectionName): ClassBoxes {
      const label = DETECTION_NAMES.indexOf(name);
      const positives = real.kept.filter((box) => truth.label[box] === label);
      return {
        predictions,
        order: order.filter((box) => predictions.label[box] === label),
        truth,
        positives,
        bySample: group(
          positives.map((box) => truth.sample[box]!),
          dataset.samples.rows.length,
        ),
        period: name === "barrier" ? Math.PI : 2 * Math.PI,
      };
    },
  };
}

/** Boxes sorted by the rows of their samples, in file order within each. */
function orderBySample(
  kept: Int32Array,
  { sample }: ResultBoxes,
  samples: number,
): Int32Array {
  const { rows } = group(kept.map((box) => sample[box]!), samples);
  return kept.map((_, i) => kept[rows[i]!]!);
}
