/**
 * Reads one box of a results file into columns.
 * @module
 */
import { ATTRIBUTES, DETECTION_NAMES, TRACKING_NAMES } from "../categories.ts";
import {
  Names,
  readNumbers,
  readToken,
  type Scanner,
  tokenText,
  type Words,
} from "../json/mod.ts";
import { type BoxColumns, NO_ATTRIBUTE } from "./boxes.ts";

/** What a file may be that lacks a task's own members. */
const OTHER_TASK = [
  ["tracking_", "`nusc track` makes tracks of detections"],
  ["detection_", "`nusc evaluate-tracking` measures tracks"],
] as const;

type Read = (scanner: Scanner, row: number) => void;

/** Knows the members of a task's boxes. */
export class BoxReader {
  /** Tracking ids in order of appearance. */
  readonly trackIds: string[] = [];
  readonly #trackNumbers = new Map<string, number>();
  readonly #columns: BoxColumns;
  readonly #keys: Names;
  readonly #reads: Read[];
  readonly #seen: Uint8Array;
  readonly #own: Words = new Int32Array(4);
  readonly #tracks: boolean;
  /** Tracks of the sample, by id and class. */
  readonly #inSample = new Set<number>();
  /** The first id that was a number. */
  #numberId: string | undefined;
  #sample: Words = new Int32Array(4);

  constructor(task: "detection" | "tracking", columns: BoxColumns) {
    this.#columns = columns;
    this.#tracks = task === "tracking";
    const fields = { ...this.#common(), ...this.#special(task) };
    this.#keys = new Names(Object.keys(fields));
    this.#reads = Object.values(fields);
    this.#seen = new Uint8Array(this.#reads.length);
  }

  /** Reads a box of the sample with these token words. */
  read(scanner: Scanner, row: number, sample: Words): void {
    this.#sample = sample;
    const seen = this.#seen.fill(0);
    scanner.beginObject("a box");
    // Boxes list their members in one order nearly always.
    let guess = 0;
    for (let first = true; scanner.nextMember(first); first = false) {
      scanner.quote("a key");
      const index = this.#keys.read(scanner, guess);
      if (index < 0) {
        scanner.skipString();
        scanner.colon();
        scanner.skip();
        continue;
      }
      scanner.colon();
      this.#reads[index]!(scanner, row);
      seen[index] = 1;
      guess = index + 1;
    }
    const missing = seen.indexOf(0);
    if (missing < 0) {
      this.#checkBox(scanner, row);
      return;
    }
    scanner.pos--;
    const name = this.#keys.names[missing]!;
    const other = OTHER_TASK.find(([prefix]) => name.startsWith(prefix));
    scanner.fail(
      `Found a box without "${name}"`,
      `Write it for every box${other ? `; ${other[1]}` : ""}`,
    );
  }

  /** Forgets the ids of the sample before. */
  beginSample(): void {
    this.#inSample.clear();
  }

  /** What was read in another way than it stands in the file. */
  notes(): string[] {
    const id = this.#numberId;
    return id === undefined ? [] : [
      `Found tracking_id as a number (${id} in the first such box), read as ` +
      `the string "${id}": the nuScenes format wants strings`,
    ];
  }

  /** What only the whole box shows. */
  #checkBox(scanner: Scanner, row: number): void {
    const { rotation, track, label } = this.#columns;
    const at = 4 * row;
    if (
      rotation[at] === 0 && rotation[at + 1] === 0 && rotation[at + 2] === 0 &&
      rotation[at + 3] === 0
    ) {
      scanner.pos--;
      scanner.fail(
        "Found a rotation of length 0",
        "Write quaternions as w, x, y, z; [1, 0, 0, 0] turns nothing",
      );
    }
    if (!this.#tracks) return;
    const object = track[row]! * TRACKING_NAMES.length + label[row]!;
    if (this.#inSample.has(object)) {
      scanner.pos--;
      scanner.fail(
        `Found the tracking_id "${this.trackIds[track[row]!]}" twice among ` +
          `the boxes of class ${TRACKING_NAMES[label[row]!]} of one sample`,
        "Give each object of a scene an id of its own",
      );
    }
    this.#inSample.add(object);
  }

  #common(): Record<string, Read> {
    const columns = this.#columns;
    return {
      sample_token: (scanner) => this.#checkSample(scanner),
      translation: (scanner, row) =>
        readNumbers(scanner, "translation", columns.translation, 3 * row, 3),
      size: (scanner, row) =>
        readNumbers(scanner, "size", columns.size, 3 * row, 3),
      rotation: (scanner, row) =>
        readNumbers(scanner, "rotation", columns.rotation, 4 * row, 4),
      velocity: (scanner, row) =>
        readNumbers(scanner, "velocity", columns.velocity, 2 * row, 2),
    };
  }

  #special(task: "detection" | "tracking"): Record<string, Read> {
    const columns = this.#columns;
    if (task === "tracking") {
      const label = chooser("tracking_name", TRACKING_NAMES);
      return {
        tracking_id: (scanner, row) => {
          columns.track[row] = this.#trackNumber(scanner);
        },
        tracking_name: (scanner, row) => columns.label[row] = label(scanner),
        tracking_score: (scanner, row) =>
          columns.score[row] = scanner.number("tracking_score"),
      };
    }
    const label = chooser("detection_name", DETECTION_NAMES);
    const attribute = chooser("attribute_name", [...ATTRIBUTES, ""]);
    return {
      detection_name: (scanner, row) => columns.label[row] = label(scanner),
      detection_score: (scanner, row) =>
        columns.score[row] = scanner.number("detection_score"),
      attribute_name: (scanner, row) => {
        const index = attribute(scanner);
        columns.attribute[row] = index < ATTRIBUTES.length
          ? index
          : NO_ATTRIBUTE;
      },
    };
  }

  #checkSample(scanner: Scanner): void {
    scanner.peek();
    const start = scanner.pos;
    const own = this.#own, sample = this.#sample;
    readToken(scanner, own, "sample_token");
    if (
      own[0] === sample[0] && own[1] === sample[1] && own[2] === sample[2] &&
      own[3] === sample[3]
    ) return;
    scanner.pos = start;
    scanner.fail(
      `Found the sample_token "${tokenText(own)}" in a box of the sample ` +
        `"${tokenText(sample)}"`,
      "Put every box into the list of its own sample",
    );
  }

  #trackNumber(scanner: Scanner): number {
    const id = scanner.peek() === 0x22
      ? scanner.string("tracking_id")
      : this.#numericId(scanner);
    let number = this.#trackNumbers.get(id);
    if (number === undefined) {
      number = this.trackIds.push(id) - 1;
      this.#trackNumbers.set(id, number);
    }
    return number;
  }

  /** Ids are often written as numbers; the devkit takes both. */
  #numericId(scanner: Scanner): string {
    const start = scanner.pos;
    if (!NUMERIC.includes(scanner.bytes[start]!)) {
      scanner.unexpected("tracking_id as a string");
    }
    const value = scanner.number("tracking_id");
    // Ids of 64 bits are more than a float64 tells apart.
    const id = Number.isInteger(value) && !Number.isSafeInteger(value)
      ? LATIN1.decode(scanner.bytes.subarray(start, scanner.pos))
      : String(value);
    this.#numberId ??= id;
    return id;
  }
}

/** Bytes that numbers begin with. */
const NUMERIC = new TextEncoder().encode("-0123456789");

const LATIN1 = new TextDecoder("latin1");

/** Reads one of some names as its index. */
function chooser(
  field: string,
  choices: readonly string[],
): (scanner: Scanner) => number {
  const names = new Names(choices);
  let last = 0;
  return (scanner: Scanner) => {
    scanner.quote(field);
    const found = names.read(scanner, last);
    if (found >= 0) return last = found;
    const start = scanner.pos;
    const text = scanner.text();
    scanner.pos = start;
    scanner.fail(
      `Found the ${field} "${text}"`,
      `Expected one of ${choices.filter(Boolean).join(", ")}` +
        (choices.includes("") ? " or an empty string" : ""),
    );
  };
}
