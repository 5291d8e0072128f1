/**
 * What a thread writes of a stream: shared memory of known size.
 * @module
 */
import {
  type Arrays,
  type Matched,
  type StepConfig,
  targetSpecs,
} from "../../../models/mod.ts";

/** Values of an answer's first number. */
export const STATE = { pending: 0, done: 1, failed: 2 } as const;

/** One stream's matches to be. */
export interface Answer {
  /** A {@linkcode STATE}, then the counts `matched` and `focal`. */
  state: Int32Array;
  /** Targets by name; divisors are not among them. */
  arrays: Arrays;
}

/** Room for the matches of a stream. */
export function answerFor(config: StepConfig): Answer {
  const shared = (length: number) => new SharedArrayBuffer(4 * length);
  const specs = Object.entries(targetSpecs(config))
    .filter(([, { shape }]) => shape.length > 0);
  return {
    state: new Int32Array(shared(3)),
    arrays: Object.fromEntries(specs.map(([name, { shape, dtype }]) => {
      const buffer = shared(shape.reduce((a, b) => a * b, 1));
      const data = dtype === "int32"
        ? new Int32Array(buffer)
        : new Float32Array(buffer);
      return [name, data];
    })),
  };
}

/** Fills an answer, and wakes who waits for it. */
export function writeAnswer(answer: Answer, { arrays, counts }: Matched): void {
  for (const [name, data] of Object.entries(answer.arrays)) {
    data.set(arrays[name]!);
  }
  answer.state[1] = counts.matched;
  answer.state[2] = Number(counts.focal);
  finish(answer, STATE.done);
}

/** Wakes who waits for an answer that will not be. */
export function refuseAnswer(answer: Answer): void {
  finish(answer, STATE.failed);
}

function finish({ state }: Answer, value: number): void {
  Atomics.store(state, 0, value);
  Atomics.notify(state, 0);
}

/** The matches of a finished answer. */
export function readAnswer({ state, arrays }: Answer): Matched {
  const counts = { matched: state[1]!, denoising: 0, focal: state[2]! };
  return { arrays, counts };
}
