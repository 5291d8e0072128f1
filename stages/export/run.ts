/**
 * Exports the trained network and follows it over a scene and into the next.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import { exportOnnx } from "../../engine/onnx/mod.ts";
import { inferenceStep, stepShapes, type Tensors } from "../../models/mod.ts";
import { CLASSES_3D, type FrameInfo } from "../../nusc/mod.ts";
import type { ExportSettings } from "../export.ts";
import { openRunner } from "../infer/run.ts";
import { streamFrames } from "../infer/stream.ts";
import { framesOf, rootOf } from "../shared/dataset.ts";
import { startEngine } from "../shared/tensorflow.ts";
import { frameConfig, type ModelCard, readModel } from "../train/artifact.ts";
import { buildModel, type Model } from "../train/build.ts";
import { roughDifferences } from "./approximate.ts";
import { differences } from "./compare.ts";
import { type Apart, Follower, type Network } from "./follow.ts";

/** Tolerances where the settings name none. */
const TOLERANCES = { float32: 1e-4, float16: 0.02, int8: 0.2 } as const;

/** The stage. */
export async function exportModel(
  context: StageContext<ExportSettings>,
): Promise<void> {
  const { config, inputs, output } = context;
  const engine = await startEngine(context);
  const { card, values } = await readModel(inputs.train!);
  const model = buildModel(card.model, card.image);
  const params: Tensors = {};
  for (const [name, { data, shape }] of Object.entries(values)) {
    params[name] = tf.tensor(data, shape as number[]);
  }
  const shapes = stepShapes(model.head, card.image);
  const step = inferenceStep(model.detector, params);
  const bytes = exportOnnx(step, shapes, {
    producer: "streampetr-deno",
    names: params,
    precision: config.precision,
    keep: config.keep_float32,
    contrib: config.fused_attention,
    metadata: {
      classes: CLASSES_3D.join(" "),
      card: JSON.stringify(card),
    },
  });
  await Deno.writeFile(`${output}/model.onnx`, bytes);
  await Deno.copyFile(`${inputs.train}/model.json`, `${output}/model.json`);
  context.emit({
    type: "message",
    level: "info",
    text: `model.onnx is ${(bytes.length / 2 ** 20).toFixed(1)} MiB`,
  });
  const trained = engine.compile(step, shapes, { name: "inference" });
  await follow(context, model, card, trained.run);
}

/** Runs both networks side by side; throws where they part. */
async function follow(
  context: StageContext<ExportSettings>,
  { head }: Model,
  card: ModelCard,
  trained: Network,
): Promise<void> {
  const { config, output, signal, emit } = context;
  const { frames, total } = await framesToFollow(context, card);
  const runner = await openRunner(
    `${output}/model.onnx`,
    { head, image: card.image },
    { provider: "cpu", threads: 0 },
  );
  const follower = new Follower(
    trained,
    runner,
    head,
    card.image,
    config.precision === "float32" ? differences : roughDifferences,
  );
  const tolerance = config.tolerance ?? TOLERANCES[config.precision];
  let done = 0;
  for await (const frame of frames) {
    signal.throwIfAborted();
    const apart = await follower.step(frame, tolerance);
    if (!(apart.difference <= apart.allowed)) {
      const at = `frame ${done} (${frame.info.token})`;
      throw partedAt(at, apart, config.precision);
    }
    done++;
    emit({ type: "progress", unit: "frames", done, total });
  }
  follower.dispose();
  await runner.close();
  emit({
    type: "message",
    level: "info",
    text: `the export follows the trained network over ${done} frames ` +
      `within ${follower.worst.toExponential(1)}, allowed ${tolerance}` +
      (follower.rounded ? `; ${follower.rounded} frames round coarsely` : ""),
  });
}

function partedAt(
  frame: string,
  { difference, allowed }: Apart,
  precision: ExportSettings["precision"],
): UserError {
  return new UserError(
    `The exported network parts from the trained one at ${frame}: relative ` +
      `difference ${difference.toExponential(1)}, allowed ` +
      `${allowed.toExponential(1)} (export.tolerance at export.precision ` +
      `${precision})`,
  );
}

/** Frames of the split, as the network is fed. */
async function framesToFollow(
  { config, inputs }: StageContext<ExportSettings>,
  card: ModelCard,
) {
  const all = await framesOf(inputs.data!, config.split);
  const infos = sceneAndNext(all, config.frames);
  const root = await rootOf(inputs.dataset!);
  const settings = frameConfig(card.image, card.model);
  return { frames: streamFrames(infos, root, settings), total: infos.length };
}

/** The first scene, at most `limit` frames of it, and two of the next. */
function sceneAndNext(infos: FrameInfo[], limit: number): FrameInfo[] {
  const first = infos.filter((info) =>
    info.scene_token === infos[0]?.scene_token
  );
  const next = infos.slice(first.length, first.length + 2);
  return [...first.slice(0, limit), ...next];
}
