/**
 * export: writes the trained network as one stateful ONNX step and checks it
 * against the network it came from.
 * @module
 */
import { z } from "zod";
import { defineStage } from "../pipeline/stage.ts";

const settings = z.strictObject({
  tolerance: z.number().positive().default(1e-4)
    .describe("largest difference from the trained network, relative"),
  split: z.string().default("val").describe("frames that both networks see"),
  frames: z.number().int().min(2).default(1000)
    .describe("of the first scene; two of the next one follow"),
});

export type ExportSettings = z.output<typeof settings>;

export default defineStage({
  description: "write the trained network as an ONNX step, checked",
  version: 1,
  config: settings,
  inputs: ["dataset", "data", "train"],
  async run(context) {
    const { exportModel } = await import("./export/run.ts");
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => exportModel(context));
  },
});
