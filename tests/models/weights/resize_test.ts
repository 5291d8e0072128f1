/** A ViT's weights of another size against PyTorch's interpolation. @module */
import assert from "node:assert/strict";
import { loadWeights } from "../../../models/weights/load.ts";
import { resizeToFit } from "../../../models/weights/resize.ts";
import { vit, type VitConfig } from "../../../models/vit/mod.ts";
import { openVariant, signed } from "../../support/variants.ts";

const PATCH = "img_backbone.patch_embed.proj.weight";
const POSITION = "img_backbone.pos_embed";

Deno.test("patches of 14 pixels and 5 x 5 positions become 16 and 4 x 4", async () => {
  const golden = await openVariant("resize");
  const check = (
    key: string,
    name: string,
    shape: number[],
    wanted: number[],
  ) => {
    const data = signed(`resize/${key}`, shape);
    const resized = resizeToFit(name, { shape, data }, wanted)!;
    golden.check(key, { data: resized, shape: wanted }, 1e-6);
  };
  check("patch", PATCH, [5, 3, 14, 14], [5, 3, 16, 16]);
  check("position", POSITION, [1, 26, 6], [1, 17, 6]);
});

Deno.test("nothing else is resized, and no other number of channels", () => {
  const data = new Float32Array(1);
  const none = (name: string, shape: number[], wanted: number[]) =>
    assert.equal(resizeToFit(name, { shape, data }, wanted), null);
  none("img_backbone.conv1.weight", [5, 3, 7, 7], [5, 3, 3, 3]);
  none(PATCH, [5, 3, 14, 14], [6, 3, 16, 16]);
  none(PATCH, [5, 3, 14, 12], [5, 3, 16, 16]);
  none(POSITION, [1, 26, 6], [1, 17, 8]);
  none(POSITION, [1, 25, 6], [1, 17, 6]);
});

Deno.test("a pretrained ViT of patches of 14 loads; the report says how", () => {
  const config: VitConfig = {
    name: "img_backbone",
    patch: 16,
    width: 16,
    depth: 1,
    heads: 2,
    window: 2,
    globalWindow: 2,
    windowBlocks: [],
    pretrainedSide: 48,
    pretrainedWindow: 16,
    dropPath: 0,
  };
  const bare = (specs: ReturnType<typeof vit>["params"]) =>
    new Map(
      Object.entries(specs).map(([name, { shape }]) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const data = signed(`resize/${name}`, [size]);
        const stored = { shape: [...shape], data, dtype: "F32" as const };
        return [name.replace("img_backbone.", ""), stored];
      }),
    );
  const stored = bare(
    vit({ ...config, patch: 14, pretrainedSide: 70, globalWindow: 3 }).params,
  );
  const { report, params } = loadWeights(vit(config).params, stored);
  assert.deepEqual(report.resized.sort(), [PATCH, POSITION]);
  assert.deepEqual(params[PATCH]!.shape, [16, 16, 3, 16]);
  // Rotary tables follow from the model's own sizes.
  const tables = report.missing.filter((name) => name.includes(".freqs_"));
  assert.deepEqual(report.missing, tables);
  assert.ok(tables.includes("img_backbone.rope_glb.freqs_cos"));
});
