/**
 * Detection metrics of unseen scenes while training goes on.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { StageContext } from "../../pipeline/stage.ts";
import type {
  Compiled,
  TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";
import {
  type HeadConfig,
  inferenceStep,
  memoryFields,
  stepShapes,
  type Tensors,
} from "../../models/mod.ts";
import { evaluateDetection, writeResults } from "../../nusc/mod.ts";
import { detections } from "../infer/detections.ts";
import {
  namedArrays,
  type StreamFrame,
  streamFrames,
  streamThreads,
} from "../infer/stream.ts";
import { framesOf, openInput, rootOf, selectionOf } from "../shared/dataset.ts";
import { frameConfig } from "./artifact.ts";
import type { Model } from "./build.ts";
import type { Stepper } from "./loop.ts";
import type { TrainSettings } from "./settings.ts";
import { exportedOf } from "./state.ts";

/** Most boxes of a frame in a submission, as the published configs have. */
const MAX_BOXES = 300;

/** Evaluates the weights of the moment. */
export type Validate = (iteration: number) => Promise<void>;

/** What validation needs. */
export interface ValidationParts {
  context: StageContext<TrainSettings>;
  engine: TensorFlowEngine;
  model: Model;
  stepper: Pick<Stepper, "read">;
}

/** Prepares validation on the split of the settings; null without one. */
export async function createValidation(
  { context, engine, model, stepper }: ValidationParts,
): Promise<Validate | null> {
  const { config, inputs, scratch, signal } = context;
  if (config.validation === null) return null;
  const { split } = config.validation;
  const infos = await framesOf(inputs.data!, split);
  const selection = await selectionOf(split, inputs.data);
  const dataset = await openInput(inputs.dataset!);
  const names = Object.keys(model.detector.params);
  const read = () => {
    const { tensors } = stepper.read();
    return names.map((name) =>
      [name, exportedOf(tensors, config, name)] as const
    );
  };
  const shapes = stepShapes(model.head, config.image);
  const compiled = record(engine, model, shapes, read());

  return async (iteration) => {
    const weights = Object.fromEntries(
      read().map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
    );
    const frames = streamFrames(
      infos,
      await rootOf(inputs.dataset!),
      frameConfig(config.image, config.model),
      streamThreads(infos.length),
    );
    const network = remembering(compiled.run, weights, shapes, model.head);
    const path = `${scratch}/validation.json`;
    const results = detections(
      ...[network, frames, model.head, MAX_BOXES] as const,
      () => signal.throwIfAborted(),
    );
    await writeResults(path, results);
    network.dispose();
    tf.dispose(weights);
    const { summary } = evaluateDetection(dataset, path, selection);
    tell(context, iteration, summary);
  };
}

/** Weights are inputs, since they change; their layout is the memory's. */
function record(
  engine: TensorFlowEngine,
  { detector }: Model,
  shapes: ReturnType<typeof stepShapes>,
  weights: (readonly [string, { shape: number[] }])[],
): Compiled {
  const weightShapes = weights.map(([name, { shape }]) => [name, { shape }]);
  return engine.compile(
    (given) => inferenceStep(detector, given)(given),
    { ...shapes, ...Object.fromEntries(weightShapes) },
    { name: "validation" },
  );
}

function tell(
  { emit }: StageContext<unknown>,
  step: number,
  summary: { mean_ap: number; nd_score: number },
): void {
  const values = { "val/mAP": summary.mean_ap, "val/NDS": summary.nd_score };
  emit({ type: "scalars", step, values });
  emit({
    type: "message",
    level: "info",
    text: `iteration ${step}: validation mAP ${summary.mean_ap.toFixed(4)}, ` +
      `NDS ${summary.nd_score.toFixed(4)}`,
  });
}

/** The recorded network with a memory of its own. */
function remembering(
  run: (inputs: Tensors) => Tensors,
  weights: Tensors,
  shapes: ReturnType<typeof stepShapes>,
  head: HeadConfig,
) {
  const fields = memoryFields(head);
  let memory: Tensors = Object.fromEntries(
    fields.map((field) => `memory.${field}`)
      .map((name) => [name, tf.zeros(shapes[name]!.shape)]),
  );
  return {
    step({ batch }: StreamFrame) {
      const given = Object.fromEntries(
        Object.entries(namedArrays(batch, shapes))
          .map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
      );
      const { classScores, boxCodes, ...next } = run({
        ...weights,
        ...given,
        ...memory,
      });
      const logits = classScores!.dataSync() as Float32Array;
      const codes = boxCodes!.dataSync() as Float32Array;
      tf.dispose([given, memory, classScores!, boxCodes!]);
      memory = Object.fromEntries(
        fields.map((field) => [
          `memory.${field}`,
          next[`next.${field}`]!,
        ]),
      );
      return Promise.resolve({ logits, codes });
    },
    dispose: () => tf.dispose(memory),
  };
}
