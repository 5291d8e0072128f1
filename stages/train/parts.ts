/**
 * A batch in parts: what each part takes of the whole, and what the parts
 * together give. With one part, names are as if there were none.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  type Denoising,
  type StepConfig,
  type Tensors,
  termNames,
} from "../../models/mod.ts";
import { slice } from "./arrays.ts";

/** Predictions that matching reads. */
const READ = [
  "classScores",
  "boxCodes",
  "focal.classScores",
  "focal.boxes",
  "focal.centers",
  "focal.objectness",
];

/** Forward and backward passes of a batch; nothing of it is kept yet. */
export class Attempt {
  /** What the forward passes move: memory and running statistics. */
  readonly fresh: Tensors = {};
  /** Sums over the parts, as `gradient.<group>`. */
  readonly gradients: Tensors = {};
  /** Sum of all terms of all parts. */
  loss = 0;
  /** Terms by the reference's names. */
  readonly terms: Record<string, number> = {};
  /** Of the part that ran last. */
  predictions: Record<string, Float32Array> = {};

  /** Takes over what a look at an earlier frame gives. */
  glance(outputs: Tensors, memoryPrefix: string): void {
    for (const [name, tensor] of Object.entries(outputs)) {
      replace(this.fresh, stateKey(name, memoryPrefix)!, tensor);
    }
  }

  /** Takes the early outputs over; reads what the host needs of them. */
  forward(outputs: Tensors, memoryPrefix: string): void {
    this.predictions = Object.fromEntries(
      READ.filter((name) => name in outputs)
        .map((name) => [name, outputs[name]!.dataSync() as Float32Array]),
    );
    for (const [name, tensor] of Object.entries(outputs)) {
      const key = stateKey(name, memoryPrefix);
      if (key === null) tensor.dispose();
      else replace(this.fresh, key, tensor);
    }
  }

  /**
   * Takes the late outputs over and adds them up.
   * @param prefix of the names of terms.
   */
  backward(
    config: StepConfig,
    { terms, total, ...rest }: Tensors,
    prefix: string,
  ): void {
    const values = terms!.dataSync();
    termNames(config).forEach((term, i) => {
      const name = `${prefix}${term}`;
      this.terms[name] = (this.terms[name] ?? 0) + values[i]!;
    });
    this.loss += total!.dataSync()[0]!;
    tf.dispose([terms!, total!]);
    for (const [name, tensor] of Object.entries(rest)) {
      const sum = this.gradients[name];
      if (sum === undefined) this.gradients[name] = tensor;
      else {
        replace(this.gradients, name, tf.add(sum, tensor));
        tensor.dispose();
      }
    }
  }
}

/** The state that an early output replaces, null for predictions. */
function stateKey(name: string, memoryPrefix: string): string | null {
  if (name.startsWith("memory.")) {
    return `${memoryPrefix}${name.slice("memory.".length)}`;
  }
  return name.startsWith("updates.")
    ? `weight.${name.slice("updates.".length)}`
    : null;
}

function replace(tensors: Tensors, name: string, tensor: tf.Tensor): void {
  tensors[name]?.dispose();
  tensors[name] = tensor;
}

/** What the memory of a part is called in the state. */
export function memoryPrefix(part: number, parts: number): string {
  return parts === 1 ? "memory." : `memory.${part}.`;
}

/** A part's memory by the names that the recorded pass knows. */
export function memoryOf(state: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(state).filter(([name]) => name.startsWith(prefix))
      .map(([name, x]) => [`memory.${name.slice(prefix.length)}`, x]),
  );
}

/** Denoising queries of a part; the count stays that of the whole batch. */
export function denoisingOf(
  whole: Denoising | null,
  part: number,
  parts: number,
): Denoising | null {
  if (whole === null) return null;
  const own = <T extends Float32Array | Int32Array>(data: T) =>
    slice(data, data.length / parts, part);
  return {
    ...whole,
    referencePoints: own(whole.referencePoints),
    labels: own(whole.labels),
    boxes: own(whole.boxes),
    weights: own(whole.weights),
  };
}
