/**
 * Times the exported network on a frame of noise, with its memory.
 *
 *     deno run <permissions> bench/step/frame.ts --preset r50
 *
 * The last line is a cost: the median frame. Weights are random.
 * @module
 */
import process from "node:process";
import { Command } from "commander";
import * as tf from "@tensorflow/tfjs-core";
import { exportOnnx, openSession } from "../../engine/onnx/mod.ts";
import { startTensorFlow } from "../../engine/tensorflow/mod.ts";
import { inferenceStep, MEMORY_FIELDS, stepShapes } from "../../models/mod.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import type { Cost } from "../run/report.ts";
import { noiseBatch } from "./input.ts";
import { preset, type PRESETS } from "./presets.ts";

const options = new Command()
  .option("--preset <name>", "r50 or mini", "r50")
  .option("--frames <n>", "timed frames, after two others", Number, 10)
  .option("--provider <name>", "cpu, cuda, tensorrt or webgpu", "cpu")
  .parse(Deno.args, { from: "user" })
  .opts();

const settings = preset(options.preset as keyof typeof PRESETS, 1, "float32");
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
const { frames: _, ...arrays } = noiseBatch(
  { batch: 1, cameras: 6, height, width, objects: 1 },
  0,
);
const frame = Object.fromEntries(
  Object.entries(arrays).filter(([name]) => name in shapes)
    .map(([name, data]) => [name, { data, shape: shapes[name]!.shape }]),
);
let memory = Object.fromEntries(
  MEMORY_FIELDS.map((field) => `memory.${field}`).map((name) => {
    const { shape } = shapes[name]!;
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, { data: new Float32Array(size), shape }];
  }),
);
const times: number[] = [];
for (let i = 0; i < options.frames + 2; i++) {
  const start = performance.now();
  const outputs = await session.run({ ...frame, ...memory });
  times.push(performance.now() - start);
  memory = Object.fromEntries(
    MEMORY_FIELDS.map((field) => [
      `memory.${field}`,
      outputs[`next.${field}`] as typeof memory[string],
    ]),
  );
}
await session.close();

const { user, system } = process.cpuUsage();
const sorted = times.slice(2).sort((a, b) => a - b);
const cost: Cost = {
  seconds: sorted[Math.floor(sorted.length / 2)]! / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  facts: { provider: options.provider, megabytes: model.length / 1e6 },
};
console.log(JSON.stringify(cost));
