/**
 * Times our training step on noise, and its parts.
 *
 *     deno run <permissions> bench/step/ours.ts --preset r50 --batch 1
 *
 * The last line is a cost: the median step, its parts among the facts.
 * @module
 */
import { Command } from "commander";
import { startTensorFlow } from "../../engine/tensorflow/mod.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import { composeStep } from "../../stages/train/run.ts";
import { openMatching } from "../../stages/train/matching/mod.ts";
import { createStepper } from "../../stages/train/stepper.ts";
import type { Cost } from "../run/report.ts";
import { costOf, median, WARM } from "./cost.ts";
import { DevicePeak } from "./device.ts";
import { noiseBatch } from "./input.ts";
import { type Choice, OBJECTS, preset, type PRESETS } from "./presets.ts";

const options = new Command()
  .option("--preset <name>", "r50 or mini", "r50")
  .option("--batch <n>", "streams", Number, 1)
  .option("--steps <n>", "timed steps, after two others", Number, 5)
  .option("--precision <type>", "float32, float16 or bfloat16", "float32")
  .option("--with-cp", "compute backbone and decoder twice, keep less", false)
  .parse(Deno.args, { from: "user" })
  .opts();

const name = options.preset as keyof typeof PRESETS;
const settings = preset(name, options as Choice);
const engine = await startTensorFlow({ threads: 0 });
const model = buildModel(settings.model, settings.image);
const step = composeStep(settings, model);
const parts: Record<string, number[]> = {};
let last = performance.now();
const began = last;
using matching = openMatching({
  threads: null,
  device: engine.device,
  cores: navigator.hardwareConcurrency,
  streams: options.batch,
});
const stepper = createStepper({
  engine,
  matching,
  step,
  settings,
  values: firstValues(step.params, settings.model, 0),
  frozen: () => null,
  mark(part) {
    const now = performance.now();
    (parts[part] ??= []).push(now - last);
    last = now;
  },
});
const recorded = performance.now();
const { height, width } = settings.image;
const size = { batch: options.batch, cameras: 6, height, width };
const batch = noiseBatch({ ...size, objects: OBJECTS[name] }, 0);
const peak = engine.device === "gpu" ? new DevicePeak() : null;
let loss = NaN;
let steps = 0;
const { firstSeconds, ...spent } = await costOf(() => {
  // Compilers try kernels out in memory of their own.
  if (steps++ === WARM) peak?.reset();
  last = performance.now();
  loss = stepper.step(batch, 1e-5).loss;
}, options.steps);
const cost: Cost = {
  ...spent,
  facts: {
    device: engine.describe().device.name,
    ...peak && { devicePeakBytes: peak.read() },
    recordSeconds: (recorded - began) / 1000,
    firstStepSeconds: firstSeconds,
    ...Object.fromEntries(
      Object.entries(parts).map((
        [part, all],
      ) => [`${part}Ms`, Math.round(median(all.slice(WARM)))]),
    ),
    loss,
  },
};
console.log(JSON.stringify(cost));
