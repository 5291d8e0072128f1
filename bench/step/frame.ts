/**
 * Times the exported network on a frame of noise, with its memory.
 *
 *     deno run <permissions> bench/step/frame.ts --preset r50
 *
 * The last line is a cost: the median frame. Weights are random.
 * @module
 */
import { Command } from "commander";
import * as tf from "@tensorflow/tfjs-core";
import { exportOnnx, openSession } from "../../engine/onnx/mod.ts";
import { startTensorFlow } from "../../engine/tensorflow/mod.ts";
import { ImageReader, writeImages } from "../../nusc/loader/mod.ts";
import { inferenceStep, MEMORY_FIELDS, stepShapes } from "../../models/mod.ts";
import { namedArrays } from "../../stages/infer/stream.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import type { Cost } from "../run/report.ts";
import { imageJobs } from "../feed/jobs.ts";
import { costOf } from "./cost.ts";
import { noiseBatch } from "./input.ts";
import { preset, type PRESETS } from "./presets.ts";

const options = new Command()
  .option("--preset <name>", "r50 or mini", "r50")
  .option("--frames <n>", "timed frames, after two others", Number, 10)
  .option("--images <root>", "read them from files, too, one after the other")
  .option("--provider <name>", "cpu, cuda, tensorrt or webgpu", "cpu")
  .parse(Deno.args, { from: "user" })
  .opts();

const settings = preset(options.preset as keyof typeof PRESETS, { batch: 1 });
await startTensorFlow();
const { detector, head } = buildModel(settings.model, settings.image);
const values = firstValues(detector.params, settings.model, 0);
const params = Object.fromEntries(
  Object.entries(values).map(([name, { data, shape }]) =>
    [name, tf.tensor(data, [...shape])] as const
  ),
);
const shapes = stepShapes(head, settings.image);
const model = exportOnnx(inferenceStep(detector, params), shapes, {
  names: params,
});
const session = await openSession(model, { provider: options.provider });

const { height, width } = settings.image;
const frame = namedArrays(
  noiseBatch({ batch: 1, cameras: 6, height, width, objects: 1 }, 0),
  shapes,
);
let memory = Object.fromEntries(
  MEMORY_FIELDS.map((field) => `memory.${field}`).map((name) => {
    const { shape } = shapes[name]!;
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, { data: new Float32Array(size), shape }];
  }),
);
const reader = new ImageReader({ resample: "pillow", cacheBytes: 0 });
const jobsOf = options.images ? imageJobs(options.images) : null;
let count = 0;
const { firstSeconds, ...spent } = await costOf(async () => {
  if (jobsOf) {
    const { data } = frame.images!;
    await writeImages(reader, jobsOf(count++), data as Float32Array);
  }
  const outputs = await session.run({ ...frame, ...memory });
  memory = Object.fromEntries(
    MEMORY_FIELDS.map((field) => [
      `memory.${field}`,
      outputs[`next.${field}`] as typeof memory[string],
    ]),
  );
}, options.frames);
await session.close();
const { provider } = options;
const megabytes = model.length / 1e6;
const cost: Cost = { ...spent, facts: { provider, megabytes, firstSeconds } };
console.log(JSON.stringify(cost));
