/**
 * export: writes the trained network as one stateful ONNX step and checks it
 * against the network it came from.
 * @module
 */
import { z } from "zod";
import { defineStage } from "../pipeline/stage.ts";

/** What works on coordinates and times, which 8 bits are too few for. */
const KEPT = [
  "position_encoder",
  "featurized_pe",
  "spatial_alignment",
  "memory_embed",
  "reference_points",
  "query_embedding",
  "time_embedding",
  "ego_pose",
  "cls_branches",
  "reg_branches",
];

/** All of `with:`. */
export const exportSettings = z.strictObject({
  precision: z.enum(["float32", "float16", "int8"]).default("float32")
    .describe(
      "what products compute in; int8: those with weights outside of " +
        "convolutions",
    ),
  keep_float32: z.array(z.string().min(1)).default(KEPT)
    .describe("parts of names of modules that stay float32 all the same"),
  fused_attention: z.boolean().default(false).describe(
    "attention as one operator of ONNX Runtime, which the ONNX standard lacks",
  ),
  tolerance: z.number().positive().nullable().default(null).describe(
    "difference from the trained network that is allowed, relative: the " +
      "largest for float32, else root mean squares; null: 1e-4 for float32, " +
      "0.02 for float16, 0.2 for int8",
  ),
  split: z.string().default("val").describe("frames that both networks see"),
  frames: z.number().int().min(2).default(1000)
    .describe("of the first scene; two of the next one follow"),
});

export type ExportSettings = z.output<typeof exportSettings>;

export default defineStage({
  description: "write the trained network as an ONNX step, checked",
  version: 1,
  config: exportSettings,
  inputs: ["dataset", "data", "train"],
  async run(context) {
    const { exportModel } = await import("./export/run.ts");
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => exportModel(context));
  },
});
