/**
 * The boxes of one sample out of a results file, of whichever task.
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { ResultsError } from "../errors.ts";
import type { TokenIndex } from "../json/mod.ts";
import type { Results } from "./boxes.ts";
import { classNames, isFile, readResults, type Task } from "./read.ts";

/** A box of a submission for detection or tracking; global frame. */
export interface SampleBox {
  /** x, y, z of the middle, metres. */
  translation: number[];
  /** Width, length, height, metres. */
  size: number[];
  /** w, x, y, z. */
  rotation: number[];
  /** m/s along global x and y. */
  velocity: number[];
  /** Class of the task. */
  name: string;
  /** 0 to 1. */
  score: number;
  /** Of a track. */
  trackId?: string;
}

/** Bytes looked at together for the name of a member. */
const CHUNK = 1 << 20;

/**
 * Which task a results file is of, by the first box that says it; detection
 * if there is none.
 */
export function taskOf(path: string): Task {
  const file = openSync(path, "r");
  const bytes = new Uint8Array(CHUNK);
  const decoder = new TextDecoder("latin1");
  try {
    for (let rest = "";;) {
      const read = readSync(file, bytes, 0, CHUNK, null);
      if (read === 0) return "detection";
      const text = rest + decoder.decode(bytes.subarray(0, read));
      const found = /"(detection|tracking)_name"/.exec(text);
      if (found) return found[1] as Task;
      rest = text.slice(-20);
    }
  } finally {
    closeSync(file);
  }
}

/** A results file and which task it is of. */
export interface AnyResults {
  task: Task;
  results: Results;
}

/**
 * Reads a results file of either task.
 * @param samples index of the dataset's `samples`
 * @throws {ResultsError} if the file is absent or damaged
 */
export function readAnyResults(path: string, samples: TokenIndex): AnyResults {
  const task = isFile(path) ? taskOf(path) : "detection";
  return { task, results: readResults(path, task, samples) };
}

/**
 * Boxes of a sample in the file's order.
 * @param sample token and row of the dataset's `samples`
 * @throws {ResultsError} if the file does not name the sample
 */
export function boxesOfSample(
  { task, results }: AnyResults,
  sample: { token: string; row: number },
): SampleBox[] {
  if (!results.samples.includes(sample.row)) {
    throw new ResultsError(
      `${results.path} has no entry for the sample "${sample.token}", but ` +
        `for ${results.samples.length} others. Choose a sample of the split ` +
        "on which inference ran",
    );
  }
  const { boxes } = results;
  const names = classNames(task);
  const list = (of: Float64Array, width: number, i: number) => [
    ...of.subarray(width * i, width * i + width),
  ];
  return Array.from({ length: boxes.count }, (_, i) => i)
    .filter((i) => boxes.sample[i] === sample.row)
    .map((i) => ({
      translation: list(boxes.translation, 3, i),
      size: list(boxes.size, 3, i),
      rotation: list(boxes.rotation, 4, i),
      velocity: list(boxes.velocity, 2, i),
      name: names[boxes.label[i]!]!,
      score: boxes.score[i]!,
      ...(task === "tracking"
        ? { trackId: boxes.trackIds[boxes.track[i]!]! }
        : {}),
    }));
}
