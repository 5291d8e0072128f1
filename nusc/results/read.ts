/**
 * Reads a nuScenes submission: `{meta, results: {sampleToken: [box, …]}}`.
 * @module
 */
import { statSync } from "node:fs";
import { DETECTION_NAMES, TRACKING_NAMES } from "../categories.ts";
import { ResultsError } from "../errors.ts";
import { readToken, Scanner, type TokenIndex, tokenText } from "../json/mod.ts";
import { BoxReader } from "./box.ts";
import { BoxColumns, type Results } from "./boxes.ts";

/** Which boxes a file holds. */
export type Task = "detection" | "tracking";

/** More boxes in a sample are refused, as the devkit does. */
const MAX_BOXES = 500;

const REMEDY = "Write the results file again";
const FINITE =
  "Write finite numbers, and 0 for a velocity that is unknown; a " +
  "network that yields others has diverged";

/** Names of a task's classes, in the order of `label`. */
export function classNames(task: Task): readonly string[] {
  return task === "detection" ? DETECTION_NAMES : TRACKING_NAMES;
}

/**
 * Reads a whole results file.
 * @param samples index of the dataset's `samples`
 */
export function readResults(
  path: string,
  task: Task,
  samples: TokenIndex,
): Results {
  if (!isFile(path)) {
    throw new ResultsError(
      `Found no file ${path}, expected ${task} results. Name the file that ` +
        "inference wrote",
    );
  }
  return new ResultsReader(path, task, samples).read();
}

/** Whether a path names a file, and no folder. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

class ResultsReader {
  readonly #path: string;
  readonly #task: Task;
  readonly #index: TokenIndex;
  readonly #columns = new BoxColumns();
  readonly #words = new Int32Array(4);
  readonly #samples: number[] = [];
  readonly #seen = new Set<number>();
  #count = 0;
  #inSample = 0;
  #sample = -1;
  #place: "top" | "results" | "box" = "top";
  #meta: unknown;

  constructor(path: string, task: Task, index: TokenIndex) {
    this.#path = path;
    this.#task = task;
    this.#index = index;
  }

  read(): Results {
    using scanner = new Scanner(this.#path, {
      error: (message) => new ResultsError(message),
      context: () => this.#context(),
      remedy: REMEDY,
      finite: FINITE,
    });
    const reader = new BoxReader(this.#task, this.#columns);
    const seen = new Set<string>();
    scanner.atomic(() => scanner.beginObject("the file"));
    for (let first = true;; first = false) {
      const key = scanner.atomic(() => readKey(scanner, first));
      if (key === null) break;
      if (key === "results") this.#readSamples(scanner, reader);
      else {
        const value = scanner.atomic(() => scanner.value());
        if (key === "meta") this.#meta = value;
      }
      seen.add(key);
    }
    for (const key of ["results", "meta"]) {
      if (!seen.has(key)) this.#lacks(scanner, key);
    }
    scanner.finish();
    const boxes = this.#columns.take(this.#count, reader.trackIds);
    return {
      path: this.#path,
      meta: this.#meta,
      boxes,
      samples: this.#samples,
      notes: reader.notes(),
    };
  }

  #lacks(scanner: Scanner, key: string): never {
    scanner.fail(
      `Found no "${key}" in the results`,
      'Expected {"meta": {…}, "results": {sample token: [boxes]}}',
    );
  }

  #readSamples(scanner: Scanner, reader: BoxReader): void {
    this.#place = "results";
    scanner.atomic(() => scanner.beginObject("results"));
    for (let first = true;; first = false) {
      const more = scanner.atomic(() => this.#readSampleKey(scanner, first));
      if (!more) break;
      this.#readBoxes(scanner, reader);
    }
    this.#place = "top";
  }

  /** Reads a sample's token and the bracket behind it. */
  #readSampleKey(scanner: Scanner, first: boolean): boolean {
    if (!scanner.nextMember(first)) return false;
    scanner.peek();
    const start = scanner.pos;
    readToken(scanner, this.#words, "a sample token");
    const sample = this.#index.find(this.#words);
    scanner.colon();
    scanner.beginList("the boxes of a sample");
    if (sample < 0 || this.#seen.has(sample)) {
      scanner.pos = start;
      this.#refuseSample(scanner, sample);
    }
    this.#seen.add(sample);
    this.#samples.push(sample);
    this.#sample = sample;
    return true;
  }

  #refuseSample(scanner: Scanner, sample: number): never {
    const token = tokenText(this.#words);
    if (sample < 0) {
      scanner.fail(
        `The results name the sample "${token}" that is not in the dataset`,
        "Evaluate against the version on which inference ran",
      );
    }
    scanner.fail(
      `The results name the sample "${token}" twice`,
      "Put all boxes of a sample into one list",
    );
  }

  #readBoxes(scanner: Scanner, reader: BoxReader): void {
    this.#place = "box";
    this.#inSample = 0;
    reader.beginSample();
    const more = () => {
      if (!scanner.nextItem(this.#inSample === 0)) return false;
      if (this.#inSample === MAX_BOXES) this.#tooMany(scanner);
      reader.read(scanner, this.#count, this.#words);
      return true;
    };
    for (;;) {
      this.#columns.reserve(this.#count + 1);
      if (!scanner.atomic(more)) break;
      this.#columns.sample[this.#count++] = this.#sample;
      this.#inSample++;
    }
    this.#place = "results";
  }

  #tooMany(scanner: Scanner): never {
    scanner.fail(
      `Found more than ${MAX_BOXES} boxes in one sample`,
      "Keep the boxes with the highest scores",
    );
  }

  #context(): string {
    if (this.#place === "top") return "";
    if (this.#place === "results") {
      return `after ${this.#samples.length} samples`;
    }
    const token = tokenText(this.#index.words, this.#sample);
    return `sample "${token}", box ${this.#inSample + 1}`;
  }
}

/** Next key of an object with its colon, or null behind the last. */
function readKey(scanner: Scanner, first: boolean): string | null {
  if (!scanner.nextMember(first)) return null;
  const key = scanner.string("a key");
  scanner.colon();
  return key;
}
