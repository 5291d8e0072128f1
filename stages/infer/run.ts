/**
 * Runs the exported network over a split, each process of a launch over scenes
 * of its own, and writes the submission.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import {
  type Numbers,
  openSession,
  ProviderError,
  type Session,
} from "../../engine/onnx/mod.ts";
import { type HeadConfig, memoryFields, stepShapes } from "../../models/mod.ts";
import { writeResults } from "../../nusc/mod.ts";
import { framesOf, rootOf } from "../shared/dataset.ts";
import { ownCores, takeDevice } from "../shared/ranks.ts";
import { frameConfig, type ModelCard } from "../train/artifact.ts";
import { headConfig } from "../train/build.ts";
import type { InferSettings } from "../infer.ts";
import { detections } from "./detections.ts";
import { Findings, type Scene, scenesOf, shareOf } from "./shares.ts";
import {
  namedArrays,
  type StreamFrame,
  streamFrames,
  streamThreads,
} from "./stream.ts";

/** The network with its memory: frame in, raw predictions out. */
export interface Runner {
  /**
   * Runs a frame after the memory of the frame before.
   * @param memory by input name, in place of the network's own.
   */
  step(
    frame: StreamFrame,
    memory?: Record<string, Numbers>,
  ): Promise<{
    logits: Float32Array;
    codes: Float32Array;
    /** The new memory, by input name. */
    memory: Record<string, Numbers>;
  }>;
  close(): Promise<void>;
}

/** Opens an exported network. */
export async function openRunner(
  model: string,
  { head, image }: { head: HeadConfig; image: ModelCard["image"] },
  options: { provider: InferSettings["provider"]; threads: number },
): Promise<Runner> {
  const shapes = stepShapes(head, image);
  const session = await opened(model, options);
  let own: Record<string, Numbers> = {};
  const fields = memoryFields(head);
  for (const field of fields) {
    const { shape } = shapes[`memory.${field}`]!;
    const size = shape.reduce((a, b) => a * b, 1);
    own[`memory.${field}`] = { data: new Float32Array(size), shape };
  }
  return {
    async step({ batch }, memory = own) {
      const inputs = { ...namedArrays(batch, shapes), ...memory };
      const outputs = await session.run(inputs);
      own = Object.fromEntries(
        fields.map((
          field,
        ) => [`memory.${field}`, outputs[`next.${field}`]!]),
      );
      return {
        logits: outputs.classScores!.data as Float32Array,
        codes: outputs.boxCodes!.data as Float32Array,
        memory: own,
      };
    },
    close: () => session.close(),
  };
}

/** The stage: this process's scenes, then, on rank 0, the submission. */
export async function infer(
  context: StageContext<InferSettings>,
): Promise<void> {
  const { config, inputs, output, scratch, signal } = context;
  const scenes = scenesOf(await framesOf(inputs.data!, config.split));
  const { launch = { rank: 0, size: 1 } } = context;
  const findings = new Findings(scratch);
  const own = await findings.lacking(shareOf(scenes, launch));
  await detectIn(context, own, findings, framesIn(scenes));
  if (launch.rank > 0) return;
  const total = framesIn(scenes);
  await findings.wait(scenes, signal, (lacking) => {
    const done = total - framesIn(lacking);
    context.emit({ type: "progress", unit: "frames", done, total });
  });
  const path = `${output}/results_nusc.json`;
  await writeResults(path, findings.samples(scenes));
}

/** Runs the network over scenes and keeps what it finds. */
async function detectIn(
  context: StageContext<InferSettings>,
  scenes: readonly Scene[],
  findings: Findings,
  total: number,
): Promise<void> {
  if (scenes.length === 0) return;
  const { config, inputs, signal } = context;
  takeDevice(context);
  const cores = ownCores(context);
  const card: ModelCard = JSON.parse(
    await Deno.readTextFile(`${inputs.model}/model.json`),
  );
  const head = headConfig(card.model, card.image);
  const runner = await openRunner(
    `${inputs.model}/model.onnx`,
    { head, image: card.image },
    { ...config, threads: config.threads || (context.launch ? cores : 0) },
  );
  const infos = scenes.flatMap(({ frames }) => frames);
  const frames = streamFrames(
    infos,
    await rootOf(inputs.dataset!),
    frameConfig(card.image, card.model),
    streamThreads(infos.length, cores),
  );
  const results = detections(runner, frames, head, config.max_boxes, (done) => {
    signal.throwIfAborted();
    context.emit({ type: "progress", unit: "frames", done, total });
  });
  try {
    await findings.keepAll(scenes, results);
  } finally {
    await runner.close();
  }
}

function framesIn(scenes: readonly Scene[]): number {
  return scenes.reduce((sum, { frames }) => sum + frames.length, 0);
}

/** A session; that the machine lacks a provider is the user's to mend. */
async function opened(
  model: string,
  { provider, threads }: Parameters<typeof openRunner>[2],
): Promise<Session> {
  try {
    const options = threads > 0 ? { provider, threads } : { provider };
    return await openSession(model, options);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw new UserError(`${error.message} (infer.provider)`);
  }
}
