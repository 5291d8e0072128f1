/**
 * The forward and backward passes of a training step: every frame of the
 * clips, every part of the batch. They change no state; what they give is an
 * attempt, to be kept or dropped.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  completeTargets,
  type Counts,
  countsOf,
  drawsOf,
  inputSpecs,
  type Prepared,
  prepareStep,
  random,
  type Sample,
  type StepConfig,
  targetSpecs,
  type Tensors,
} from "../../models/mod.ts";
import { partOf, tensorsOf } from "./arrays.ts";
import { arraysOf, type Batch } from "./batch.ts";
import type { Matching } from "./matching/mod.ts";
import { Attempt, denoisingOf, memoryOf, memoryPrefix } from "./parts.ts";
import type { recordGlance } from "./pass.ts";
import type { Passes, Recorded } from "./passes.ts";
import type { TrainSettings } from "./settings.ts";
import type { Share } from "./together.ts";

/** What a step does, in this order. */
export type StepPart =
  | "upload"
  | "early"
  | "read"
  | "match"
  | "late"
  | "update";

/** What makes passes. */
export interface Machinery {
  settings: TrainSettings;
  /** Of one part. */
  config: StepConfig;
  passes: Passes;
  /** For earlier frames of clips. */
  glance: ReturnType<typeof recordGlance> | null;
  share: Share;
  matching: Matching;
  mark: (part: StepPart) => void;
}

/** What a step starts from. */
export interface Start extends Machinery {
  state: Tensors;
  /** Of the loss. */
  scale: number;
  /** Batches before this one. */
  seen: number;
}

/** A frame of all clips or streams, and what all its parts share. */
interface Whole {
  recorded: Recorded;
  batch: Batch;
  /** Counts the frames of this step that are learned from. */
  index: number;
  /** In front of the names of its terms, as the reference has them. */
  prefix: string;
  samples: Sample[];
  prepared: Prepared;
  /** Examples of the whole batch: the parts' losses have its divisors. */
  counts: Counts;
}

/** Keeps the random numbers of parts apart. */
const PART_SEED = 104729;

/** All frames of a step, up to the first loss that is not finite. */
export function passAll(start: Start, batch: Batch): Attempt {
  const { window } = start.settings;
  const clip = [...batch.before ?? [], batch];
  const silent = window ? clip.length - window.grads : 0;
  const attempt = new Attempt();
  clip.slice(0, silent).forEach((frame) => look(start, attempt, frame));
  for (let i = silent; i < clip.length; i++) {
    const prefix = window ? `frame_${i}_` : "";
    const whole = prepareFrame(start, clip[i]!, i - silent, prefix);
    passFrame(start, attempt, whole);
    if (!Number.isFinite(attempt.loss)) break;
  }
  return attempt;
}

/** Fills the memory from an earlier frame of the clips. */
function look(start: Start, attempt: Attempt, batch: Batch): void {
  const { settings, config, glance, share: { first, total } } = start;
  const specs = inputSpecs(config);
  for (let part = 0; part < settings.accumulate; part++) {
    const prefix = memoryPrefix(first + part, total);
    const state = { ...start.state, ...attempt.fresh };
    const inputs = tensorsOf(partOf(arraysOf(batch), specs, part), specs);
    const given = { ...state, ...memoryOf(state, prefix), ...inputs };
    attempt.glance(glance!.run(given), prefix);
    tf.dispose(inputs);
  }
}

/** Draws what is random of a frame, for all of its parts. */
function prepareFrame(
  { settings, passes, share, seen }: Start,
  batch: Batch,
  index: number,
  prefix: string,
): Whole {
  const samples = batch.frames as unknown as Sample[];
  const fullest = Math.max(
    ...samples.map(({ labels }) => labels.labels.length),
  );
  const recorded = passes.for(fullest);
  const { config } = recorded.step;
  const all = { ...config, batch: config.batch * share.total };
  const numbers = random(`${settings.seed}/${seen}`);
  // Frames of a clip share their grid mask, as in the reference.
  const { gridMask, denoising } = drawsOf(numbers);
  const own = index === 0
    ? denoising
    : drawsOf(numbers.fork(`${index}`)).denoising;
  const prepared = prepareStep(all, samples, { gridMask, denoising: own });
  const counts = countsOf(all, samples, prepared.denoising);
  return { recorded, batch, index, prefix, samples, prepared, counts };
}

/** All parts of a frame, up to the first loss that is not finite. */
function passFrame(start: Start, attempt: Attempt, whole: Whole): void {
  for (let part = 0; part < start.settings.accumulate; part++) {
    passPart(start, attempt, whole, part);
    if (!Number.isFinite(attempt.loss)) break;
  }
}

function passPart(
  start: Start,
  attempt: Attempt,
  whole: Whole,
  part: number,
): void {
  const { step: { config }, pass } = whole.recorded;
  const { matching, mark, share: { first, total } } = start;
  const { samples, prepared, counts } = whole;
  const place = first + part;
  const prefix = memoryPrefix(place, total);
  const state = { ...start.state, ...attempt.fresh };
  const inputs = inputsOf(start, whole, part);
  const given = { ...state, ...memoryOf(state, prefix), ...inputs };
  mark("upload");
  const { outputs, saved } = pass.early(given);
  mark("early");
  attempt.forward(outputs, prefix);
  mark("read");
  const stream = place * config.batch;
  const { arrays } = matching.match(
    config,
    attempt.predictions,
    samples.slice(stream, stream + config.batch),
    denoisingOf(prepared.denoising, place, total),
  );
  const targets = tensorsOf(
    completeTargets(config, { arrays, counts }),
    targetSpecs(config),
  );
  mark("match");
  const late = pass.late(saved, { ...given, ...targets });
  attempt.backward(config, late, whole.prefix);
  mark("late");
  tf.dispose([inputs, targets]);
}

/** Of a part: its own arrays, and its share of what was drawn for all. */
function inputsOf(
  { settings, share: { first, total }, scale, seen }: Start,
  { recorded, batch, index, prepared }: Whole,
  part: number,
): Tensors {
  const specs = inputSpecs(recorded.step.config);
  const place = first + part;
  const seed = settings.seed + PART_SEED * (index * total + place);
  return {
    ...tensorsOf(partOf(arraysOf(batch), specs, part), specs),
    ...tensorsOf(partOf(prepared.inputs, specs, place), specs),
    scale: tf.scalar(scale),
    seed: tf.tensor1d([seed, seen], "int32"),
  };
}
