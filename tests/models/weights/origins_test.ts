/**
 * Checkpoints of every origin that the reference's configs start from, written
 * in torch's own format with the original's names. Sides longer than 2 are
 * cut to 2: names and wrappers are tested here, not sizes.
 */
import assert from "node:assert/strict";
import { parsePth } from "../../../engine/checkpoint/mod.ts";
import {
  buildFocalHead,
  EVA02_LARGE,
  guessOrigin,
  type LoadedWeights,
  loadWeights,
  type ParamSpecs,
  R50_704,
  resnet,
  vit,
  vovnet,
} from "../../../models/mod.ts";
import { mergeParams } from "../../../models/nn/mod.ts";
import { r50Detector } from "../../support/detector.ts";
import { goldenJson } from "../../support/golden.ts";
import {
  floats,
  type Py,
  Tensor,
  torchLegacy,
  torchZip,
} from "../../support/torch.ts";

function thin(specs: ParamSpecs): ParamSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { ...spec, shape: spec.shape.map((side) => Math.min(side, 2)) },
    ]),
  );
}

/** Numbers that tell from which name they are. */
function tensor(seed: string, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const start = [...seed].reduce(
    (sum, c) => sum * 31 % 9973 + c.charCodeAt(0),
    7,
  );
  return floats(shape, Array.from({ length: size }, (_, i) => start + i / 8));
}

function counter(): Tensor {
  return new Tensor("LongStorage", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), []);
}

/** A backbone's tensors under other names, with counters as torch has them. */
function renamed(
  specs: ParamSpecs,
  rename: (name: string) => string,
): Map<string, Py> {
  const state = new Map<string, Py>();
  for (const [name, { shape }] of Object.entries(specs)) {
    state.set(rename(name), tensor(name, shape));
    if (!name.endsWith("running_var")) continue;
    const norm = rename(name).replace("running_var", "num_batches_tracked");
    state.set(norm, counter());
  }
  return state;
}

/** Loads from a file of either layout; both must give the same. */
function load(specs: ParamSpecs, root: Py): LoadedWeights {
  const loaded = loadWeights(specs, parsePth(torchZip(root)));
  assert.deepEqual(loadWeights(specs, parsePth(torchLegacy(root))), loaded);
  return loaded;
}

/** Every parameter of the specs holds the numbers of its own name. */
function holdsAll(specs: ParamSpecs, { params, report }: LoadedWeights): void {
  assert.deepEqual(report.missing, []);
  for (const [name, spec] of Object.entries(specs)) {
    const { data } = params[name]!;
    assert.equal(
      data[0],
      new Float32Array(tensor(name, spec.shape).bytes.slice().buffer)[0],
      name,
    );
  }
}

const norm = { mode: "frozen" as const };
const resnet50 = thin(resnet({ name: "img_backbone", depth: 50, norm }).params);
const vovnet99 = thin(vovnet({ name: "img_backbone", norm }).params);
const bare = (name: string) => name.replace("img_backbone.", "");

const focal = buildFocalHead({
  name: "img_roi_head",
  channels: 256,
  classes: 10,
  stride: 16,
  imageHeight: 256,
  imageWidth: 704,
});
const detector = thin(mergeParams(r50Detector(R50_704), focal));

/** The state dict of the original's R50 428q model; aliases are one tensor. */
async function official(): Promise<Map<string, Py>> {
  const full = await goldenJson("full_params");
  const state = new Map<string, Py>();
  for (const { name, shape, alias_of } of full.state_dict) {
    const sides = shape.map((side: number) => Math.min(side, 2));
    const own = name.endsWith("num_batches_tracked")
      ? counter()
      : tensor(name, sides);
    state.set(name, alias_of ? state.get(alias_of)! : own);
  }
  return state;
}

Deno.test("an official StreamPETR checkpoint loads whole", async () => {
  const state = await official();
  const meta = new Map<string, Py>([["epoch", 24]]);
  const root = new Map<string, Py>([["meta", meta], ["state_dict", state]]);
  const loaded = load(detector, root);
  holdsAll(detector, loaded);
  assert.deepEqual(loaded.report.unexpected, []);
  assert.deepEqual(loaded.report.foreign, []);
  assert.equal(loaded.report.naming, "StreamPETR");
});

Deno.test("so it does with the prefixes of parallel training and EMA twins", async () => {
  const state = new Map<string, Py>();
  for (const [name, value] of await official()) {
    state.set(`module.module.${name}`, value);
    state.set(`module.module.ema_${name.replaceAll(".", "_")}`, counter());
  }
  const loaded = load(detector, new Map([["state_dict", state]]));
  holdsAll(detector, loaded);
  assert.deepEqual(loaded.report.unexpected, []);
  assert.equal(loaded.report.foreign.length, state.size / 2);
});

Deno.test("so it does with one copy of the shared heads, whichever", async () => {
  const state = await official();
  for (const name of [...state.keys()]) {
    if (/(cls|reg)_branches\.[01245]\./.test(name)) state.delete(name);
  }
  holdsAll(detector, load(detector, state));
});

Deno.test("torchvision's ResNet fills the backbone; fc is not for a detector", () => {
  const state = renamed(resnet50, bare);
  state.set("fc.weight", tensor("fc", [2, 2]));
  state.set("fc.bias", tensor("fc", [2]));
  const { params, report } = load(detector, state);
  holdsAll(resnet50, { params, report: { ...report, missing: [] } });
  assert.deepEqual(report.unexpected, []);
  assert.deepEqual(report.foreign, ["fc.weight", "fc.bias"]);
  const others = Object.keys(detector)
    .filter((name) => !name.startsWith("img_backbone."));
  assert.deepEqual(report.missing, others);
});

Deno.test("nuImages' Cascade R-CNN gives its backbone, not its neck", () => {
  const state = renamed(resnet50, (name) => `backbone.${bare(name)}`);
  const rest = [
    "neck.lateral_convs.0.conv.weight",
    "rpn_head.rpn_conv.weight",
    "roi_head.bbox_head.0.fc_cls.weight",
  ];
  for (const name of rest) state.set(name, tensor(name, [2, 2]));
  const loaded = load(resnet50, new Map([["state_dict", state]]));
  holdsAll(resnet50, loaded);
  assert.deepEqual(loaded.report.foreign, rest);
  assert.deepEqual(loaded.report.unexpected, []);
});

Deno.test("V2-99 loads from FCOS3D's remapped file", () => {
  const state = renamed(vovnet99, (name) => name);
  state.set("bbox_head.cls_convs.0.conv.weight", tensor("x", [2]));
  const loaded = load(vovnet99, new Map([["state_dict", state]]));
  holdsAll(vovnet99, loaded);
  assert.deepEqual(loaded.report.foreign, [
    "bbox_head.cls_convs.0.conv.weight",
  ]);
});

Deno.test("V2-99 loads from DD3D's and detectron2's own files", () => {
  const state = renamed(
    vovnet99,
    (name) => `backbone.bottom_up.${bare(name)}`,
  );
  state.set("backbone.fpn_lateral3.weight", tensor("x", [2]));
  state.set("fcos3d_head.box3d_quat.0.weight", tensor("x", [2]));
  const loaded = load(vovnet99, new Map([["model", state]]));
  holdsAll(vovnet99, loaded);
  assert.equal(loaded.report.foreign.length, 2);
  assert.deepEqual(loaded.report.unexpected, []);
  const alone = load(vovnet99, renamed(vovnet99, bare));
  holdsAll(vovnet99, alone);
});

Deno.test("EVA-02 detectors give net and pyramid, not their position tables", () => {
  const eva = thin(
    vit({ ...EVA02_LARGE, depth: 3 }, { channels: 256, scales: [4, 2, 1, 0.5] })
      .params,
  );
  const isTable = (name: string) => name.includes(".rope_");
  const state = renamed(eva, (name) => {
    const pyramid = name.replace("img_backbone.adapter.", "backbone.");
    return pyramid.replace("img_backbone.", "backbone.net.");
  });
  // Tables of another image size, as detectors of 1536 pixels have them.
  const tables = [...state.keys()].filter(isTable);
  for (const name of tables) state.set(name, tensor(name, [9, 4]));
  const head = "roi_heads.box_predictor.0.cls_score.weight";
  state.set(head, tensor(head, [2]));
  const { params, report } = load(eva, new Map([["model", state]]));
  const learned = Object.fromEntries(
    Object.entries(eva).filter(([name]) => !isTable(name)),
  );
  holdsAll(learned, { params, report: { ...report, missing: [] } });
  assert.deepEqual(report.missing, Object.keys(eva).filter(isTable));
  assert.deepEqual(report.unexpected, []);
  assert.deepEqual(report.foreign, [...tables, head]);
  const alone = [...state].filter(([name]) => name.startsWith("backbone.net."))
    .map(([name, value]) =>
      [name.slice("backbone.net.".length), value] as const
    );
  const bare = load(eva, new Map(alone));
  assert.deepEqual(bare.report.unexpected, []);
});

Deno.test("a StreamPETR checkpoint with EVA-02 brings its tables along", () => {
  const eva = thin(vit({ ...EVA02_LARGE, depth: 3 }).params);
  holdsAll(eva, load(eva, renamed(eva, (name) => `module.${name}`)));
});

Deno.test("another shape names the parameter in the file and in the model", () => {
  const state = renamed(resnet50, bare);
  state.set("conv1.weight", tensor("x", [2, 2, 3, 3]));
  assert.throws(() => load(resnet50, state), {
    name: "WeightsError",
    message:
      'The checkpoint is of another model: "img_backbone.conv1.weight" ' +
      'is [2,2,3,3] in the checkpoint (as "conv1.weight") and [2,2,2,2] in ' +
      "the model",
  });
});

Deno.test("guessOrigin() tells networks by names and shapes", async () => {
  const full = await goldenJson("full_params");
  type Row = { name: string; shape: number[] };
  const rows = (full.state_dict as Row[])
    .map(({ name, shape }) => [`module.${name}`, { shape }] as const);
  assert.deepEqual(guessOrigin(new Map(rows)), {
    naming: "StreamPETR",
    parts: [
      "ResNet-50",
      "neck of 2 levels",
      "300 + 128 queries",
      "6 decoder layers",
      "10 classes",
      "2D head (focal)",
    ],
  });
  const of = (specs: ParamSpecs, rename: (name: string) => string) =>
    guessOrigin(
      new Map(
        Object.entries(specs).map(([name, spec]) => [rename(name), spec]),
      ),
    );
  assert.deepEqual(of(vovnet99, (name) => name).parts, ["VoVNet-99"]);
  for (const depth of [18, 34, 50, 101] as const) {
    const { params } = resnet({ name: "img_backbone", depth, norm });
    assert.deepEqual(of(params, bare), {
      naming: "bare backbone (torchvision and others)",
      parts: [`ResNet-${depth}`],
    });
  }
  const sparse = [
    "pts_bbox_head.transformer.decoder.layers.0.attentions.1.weights_fc.weight",
    "img_roi_head.multi_level_conv_cls.0.weight",
  ].map((name) => [name, { shape: [2, 2] }] as const);
  assert.deepEqual(guessOrigin(new Map(sparse)).parts, [
    "1 decoder layer",
    "deformable attention",
    "2D head (YOLOX)",
  ]);
  assert.deepEqual(guessOrigin(new Map([["x", { shape: [1] }]])), {
    naming: null,
    parts: [],
  });
});
