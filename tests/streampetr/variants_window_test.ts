/** Sliding windows: a step on a clip against single steps on its frames. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { inferenceStep } from "../../models/mod.ts";
import { framesOf } from "../../stages/shared/dataset.ts";
import { frameConfig } from "../../stages/train/artifact.ts";
import { type Batch, poseOf } from "../../stages/train/batch.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import type { Source, StepReport } from "../../stages/train/loop.ts";
import { composeStep } from "../../stages/train/run.ts";
import { openSource } from "../../stages/train/source.ts";
import { trainSettings } from "../../stages/train/settings.ts";
import { useTensorFlow } from "../support/backend.ts";
import { tinySettings, tinyWorld } from "../support/stages.ts";
import {
  firstBatches,
  plainSettings,
  tinyStepper,
} from "../support/training.ts";
import { tinyInputs } from "./tiny.ts";

await useTensorFlow();
const folder = await Deno.makeTempDir();
const inputs = await tinyWorld(folder, 4);

/** Nothing random: single steps and clips draw their numbers apart. */
const PLAIN = plainSettings({
  sequence_split: 1,
  model: { ...plainSettings().model, denoising: null },
  optimizer: { lr_mult: {}, clip: 1e9, weight_decay: 0 },
});
const WINDOW = { ...PLAIN, window: { length: 3, random: 0, grads: 2 } };
const frames = await firstBatches(inputs, PLAIN, 2, 3);
const clip: Batch = { ...frames[2]!, before: frames.slice(0, 2) };

/** The next clip's images and motions; the source takes its memory back. */
async function copied(source: Source): Promise<Float32Array[]> {
  const next = await source.next();
  return [...next.before!, next]
    .flatMap((x) => [x.images.slice(), x.currentFromPrevious.slice()]);
}

type Stepper = Awaited<ReturnType<typeof tinyStepper>>;

/** First moments by parameter: 0.1 of the gradient after one step. */
function moments(stepper: Stepper): Map<string, Float32Array> {
  return new Map(
    Object.entries(stepper.read().tensors)
      .filter(([name]) => name.startsWith("mean."))
      .map(([name, { data }]) => [name, data as Float32Array]),
  );
}

Deno.test("frames come in order, the first without memory", () => {
  assert.deepEqual(frames.map(({ prevExists }) => [...prevExists]), [
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
});

Deno.test("a clip's gradient is the sum of its last frames' gradients", async () => {
  const single = await tinyStepper(PLAIN);
  const reports: StepReport[] = [];
  const sums = new Map<string, Float64Array>();
  let before = moments(single);
  for (const [t, frame] of frames.entries()) {
    reports.push(single.step(frame, 0));
    const after = moments(single);
    for (const [name, data] of after) {
      const sum = sums.get(name) ?? new Float64Array(data.length);
      // m' = 0.9 m + 0.1 g
      const old = before.get(name)!;
      if (t > 0) data.forEach((m, i) => sum[i]! += m - 0.9 * old[i]!);
      sums.set(name, sum);
    }
    before = after;
  }

  const window = await tinyStepper(WINDOW);
  const report = window.step(clip, 0);
  const names = Object.keys(reports[0]!.terms);
  assert.deepEqual(
    Object.keys(report.terms),
    [1, 2].flatMap((t) => names.map((name) => `frame_${t}_${name}`)),
  );
  for (const t of [1, 2]) {
    for (const name of names) {
      const a = report.terms[`frame_${t}_${name}`]!;
      const b = reports[t]!.terms[name]!;
      assert.ok(Math.abs(a - b) < 1e-5 * (1 + b), `${t} ${name}: ${a}, ${b}`);
    }
  }
  assert.ok(
    Math.abs(report.loss - reports[1]!.loss - reports[2]!.loss) < 1e-4,
  );
  for (const [name, data] of moments(window)) {
    const sum = sums.get(name)!;
    let [worst, size] = [0, 0];
    data.forEach((m, i) => {
      worst = Math.max(worst, Math.abs(m - sum[i]!));
      size = Math.max(size, Math.abs(sum[i]!));
    });
    assert.ok(worst <= 1e-4 * size + 1e-7, `${name}: ${worst} of ${size}`);
  }
});

Deno.test("a clip forgets the one before it", async () => {
  const window = await tinyStepper(WINDOW);
  const first = window.step(clip, 0);
  const again = window.step(clip, 0);
  assert.deepEqual(again.terms, first.terms);
  const other: Batch = { ...frames[1]!, before: [frames[0]!, frames[0]!] };
  assert.notEqual(window.step(other, 0).loss, first.loss);
});

Deno.test("clips leave no tensors behind", async () => {
  const window = await tinyStepper(WINDOW);
  window.step(clip, 0);
  const { numTensors } = tf.memory();
  window.step(clip, 0);
  assert.equal(tf.memory().numTensors, numTensors);
});

Deno.test("two parts of one clip equal a batch of two clips", async () => {
  const whole = (await tinyStepper(WINDOW)).step(clip, 0);
  const settings = { ...WINDOW, batch: 1, accumulate: 2 };
  const parts = (await tinyStepper(settings)).step(clip, 0);
  assert.deepEqual(Object.keys(parts.terms), Object.keys(whole.terms));
  assert.ok(Math.abs(parts.loss / whole.loss - 1) < 1e-5);
  assert.ok(Math.abs(parts.gradNorm / whole.gradNorm - 1) < 1e-4);
});

Deno.test("a source of clips goes on behind a checkpoint with the same frames", async () => {
  const infos = await framesOf(inputs.data, "train");
  const settings = { ...WINDOW, feeding: { threads: 0, prefetch: 1 } };
  const { image, model, augmentation } = settings;
  const drawn = {
    root: `${inputs.dataset}/root`,
    infos,
    groups: [],
    config: frameConfig(image, model, augmentation),
    own: { first: 0, count: 2 },
    cores: 2,
  };
  const source = openSource(settings, drawn, 2, 0, []);
  const first = await source.next();
  const second = await copied(source);
  await source.close();
  assert.equal(first.before!.length, 2);
  assert.deepEqual([...first.before![0]!.prevExists], [0, 0]);
  const resumed = openSource(settings, drawn, 2, 1, first.frames.map(poseOf));
  assert.deepEqual(await copied(resumed), second);
  await resumed.close();
});

Deno.test("earlier frames are seen as in inference, whatever trains", () => {
  const settings = tinySettings();
  const model = buildModel(settings.model, settings.image);
  const step = composeStep(settings, model);
  const values = firstValues(step.params, settings.model, 1);
  const params = Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data, [...shape]),
    ]),
  );
  const given = tinyInputs(step.config);
  const glanced = step.glance(params, given);
  const seen = inferenceStep(model.detector, params)(given);
  for (const [name, tensor] of Object.entries(glanced)) {
    const next = seen[name.replace("memory.", "next.")]!;
    assert.deepEqual(tensor.dataSync(), next.dataSync(), name);
  }
  assert.equal(Object.keys(glanced).length, 5);
});

Deno.test("a window has no more frames to learn from than frames", () => {
  const found = trainSettings.safeParse({ window: { length: 2, grads: 3 } });
  assert.match(found.error!.message, /no more frames to learn from/);
});

Deno.test("the folder goes", () => Deno.remove(folder, { recursive: true }));
