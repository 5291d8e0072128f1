/**
 * Runs the exported network over a split and writes the submission.
 * @module
 */
import type { StageContext } from "../../pipeline/stage.ts";
import { type Numbers, openSession } from "../../engine/onnx/mod.ts";
import { type HeadConfig, memoryFields, stepShapes } from "../../models/mod.ts";
import { writeResults } from "../../nusc/mod.ts";
import { framesOf } from "../shared/dataset.ts";
import { frameConfig, type ModelCard } from "../train/artifact.ts";
import { headConfig } from "../train/build.ts";
import type { InferSettings } from "../infer.ts";
import { detections } from "./detections.ts";
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
  const session = await openSession(model, {
    provider: options.provider,
    ...(options.threads > 0 ? { threads: options.threads } : {}),
  });
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

/** The stage. */
export async function infer(
  context: StageContext<InferSettings>,
): Promise<void> {
  const { config, inputs, output, signal } = context;
  const card: ModelCard = JSON.parse(
    await Deno.readTextFile(`${inputs.model}/model.json`),
  );
  const head = headConfig(card.model, card.image);
  const infos = await framesOf(inputs.data!, config.split);
  const runner = await openRunner(
    `${inputs.model}/model.onnx`,
    { head, image: card.image },
    config,
  );
  const frames = streamFrames(
    infos,
    `${inputs.dataset}/root`,
    frameConfig(card.image, card.model),
    streamThreads(infos.length),
  );
  const results = detections(runner, frames, head, config.max_boxes, (done) => {
    signal.throwIfAborted();
    const total = infos.length;
    context.emit({ type: "progress", unit: "frames", done, total });
  });
  try {
    await writeResults(`${output}/results_nusc.json`, results);
  } finally {
    await runner.close();
  }
}
