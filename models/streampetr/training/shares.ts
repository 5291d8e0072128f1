/**
 * Matching stream by stream: none knows of another until the losses' divisors.
 * @module
 */
import type { Arrays, Matched } from "./host.ts";
import type { StepConfig } from "./spec.ts";

/** Arrays [L, B, …]; all others begin with the batch. */
const LAYERED = /^(matched\.|classScores$|boxCodes$)/;

/** The settings of one stream's matching. */
export function streamConfig(config: StepConfig): StepConfig {
  return { ...config, batch: 1, denoising: null };
}

/** What `matchPredictions` reads of one stream. */
export function outputsOfStream<T extends Float32Array | Int32Array>(
  { batch, head }: StepConfig,
  outputs: Readonly<Record<string, T>>,
  stream: number,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, data]) => {
      const layers = LAYERED.test(name) ? head.layers : 1;
      const size = data.length / (layers * batch);
      const own = new (constructorOf(data))(layers * size);
      for (let layer = 0; layer < layers; layer++) {
        const first = (layer * batch + stream) * size;
        own.set(data.subarray(first, first + size), layer * size);
      }
      return [name, own];
    }),
  );
}

/** All streams' matches as one batch's. */
export function joinMatched(
  { head }: StepConfig,
  streams: readonly Matched[],
): Matched {
  const batch = streams.length;
  const arrays: Arrays = {};
  for (const [name, { length }] of Object.entries(streams[0]!.arrays)) {
    const layers = LAYERED.test(name) ? head.layers : 1;
    const size = length / layers;
    const own = streams.map((stream) => stream.arrays[name]!);
    const whole = new (constructorOf(own[0]!))(batch * length);
    own.forEach((data, b) => {
      for (let layer = 0; layer < layers; layer++) {
        const rows = data.subarray(layer * size, (layer + 1) * size);
        whole.set(rows, (layer * batch + b) * size);
      }
    });
    arrays[name] = whole;
  }
  const sum = (count: (of: Matched) => number) =>
    streams.reduce((total, stream) => total + count(stream), 0);
  return {
    arrays,
    counts: {
      matched: sum(({ counts }) => counts.matched),
      denoising: 0,
      focal: sum(({ counts }) => Number(counts.focal)),
    },
  };
}

function constructorOf<T extends Float32Array | Int32Array>(data: T) {
  return data.constructor as new (length: number) => T;
}
