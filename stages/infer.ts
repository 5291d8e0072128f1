/**
 * infer: runs the exported network over whole scenes, in order, and writes a
 * nuScenes submission.
 * @module
 */
import { z } from "zod";
import { defineStage } from "../pipeline/stage.ts";

const settings = z.strictObject({
  split: z.string().default("val").describe("name in create-data's splits"),
  provider: z.enum(["cpu", "cuda", "tensorrt", "webgpu"]).default("cpu")
    .describe("where ONNX Runtime runs the network"),
  max_boxes: z.number().int().min(1).max(500).default(300)
    .describe("of a frame, best scores first; 500 are allowed"),
  threads: z.number().int().min(0).default(0).describe("0: all cores"),
});

export type InferSettings = z.output<typeof settings>;

export default defineStage({
  description: "run the exported network over a split, scene by scene",
  version: 1,
  config: settings,
  inputs: ["dataset", "data", "model"],
  ranks: "apart",
  untracked: ["threads"],
  async run(context) {
    const { infer } = await import("./infer/run.ts");
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => infer(context));
  },
});
