import assert from "node:assert/strict";
import { type ParamSpecs, toTorch } from "../../models/mod.ts";
import { readModel } from "../../stages/train/artifact.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import { composeStep, train } from "../../stages/train/run.ts";
import { contextOf, tinySettings } from "../support/stages.ts";
import { floats, type Py, torchZip } from "../support/torch.ts";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => {
  Deno.removeSync(folder, { recursive: true });
});

const settings = tinySettings();
const { detector } = buildModel(settings.model, settings.image);
const specs: ParamSpecs =
  composeStep(settings, buildModel(settings.model, settings.image)).params;
const weights = firstValues(specs, settings.model, 7);

/** The weights as mmcv saves them: prefixed, in a dict, all aliases there. */
function published(file: string, without = /^$/): string {
  const state = new Map<string, Py>();
  for (const [name, { aliases = [] }] of Object.entries(specs)) {
    const { shape, data } = weights[name]!;
    const torch = toTorch(name, shape, data);
    const tensor = floats(torch.shape, torch.data);
    for (const key of [name, ...aliases]) {
      if (!without.test(key)) state.set(`module.${key}`, tensor);
    }
  }
  const path = `${folder}/${file}`;
  const meta = new Map<string, Py>([["epoch", 24]]);
  Deno.writeFileSync(
    path,
    torchZip(new Map<string, Py>([["meta", meta], ["state_dict", state]])),
  );
  return path;
}

function contextFor(name: string, checkpoint: string | null) {
  const config = tinySettings({
    schedule: { epochs: 0 },
    model: { ...settings.model, checkpoint },
  });
  return contextOf(config, {}, `${folder}/${name}`);
}

Deno.test("zero epochs make a published checkpoint the artifact, untouched", async () => {
  const context = contextFor("whole", published("whole.pth"));
  await train(context);
  const { card, values } = await readModel(context.output);
  assert.deepEqual(card.model.head, settings.model.head);
  for (const name of Object.keys(detector.params)) {
    assert.deepEqual(values[name], weights[name], name);
  }
  const [message] = context.events;
  assert.match(
    (message as { text: string }).text,
    /whole\.pth, state_dict: \d+ parameters loaded \(StreamPETR\), missing none, unexpected none$/,
  );
});

Deno.test("a checkpoint without the 2D head of training is whole enough", async () => {
  const path = published("bare.pth", /^img_roi_head\./);
  const context = contextFor("bare", path);
  await train(context);
  const { values } = await readModel(context.output);
  const name = "img_neck.fpn_convs.0.conv.weight";
  assert.deepEqual(values[name], weights[name]);
});

Deno.test("zero epochs of half a detector, or of none, are refused", async () => {
  const path = published("half.pth", /^pts_bbox_head\.transformer\./);
  await assert.rejects(
    train(contextFor("half", path)),
    /half\.pth lacks \d+ of the detector's parameters, such as "pts_bbox_head\.transformer\.decoder\.layers\.0\./,
  );
  await assert.rejects(
    train(contextFor("none", null)),
    /asks for no iterations, but train\.model\.checkpoint names no weights/,
  );
});
