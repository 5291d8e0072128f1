import assert from "node:assert/strict";
import { initialize } from "../../../models/init.ts";
import type { ParamSpecs } from "../../../models/module.ts";
import { linear } from "../../../models/nn/mod.ts";
import { random } from "../../../models/random.ts";
import { cpfpn } from "../../../models/cpfpn.ts";
import { resnet } from "../../../models/resnet.ts";
import { vovnet } from "../../../models/vovnet.ts";
import {
  loadWeights,
  parseSafetensors,
  stateDict,
  type StoredTensor,
  writeSafetensors,
} from "../../../models/weights/mod.ts";
import { goldenJson } from "../../support/golden.ts";

const small = resnet({
  name: "img_backbone",
  depth: 18,
  width: 4,
  norm: { mode: "train" },
});
const branch = linear("head.cls.0", 2, 3);
const shared: ParamSpecs = Object.fromEntries(
  Object.entries(branch.params).map(([name, spec]) => [name, {
    ...spec,
    aliases: [1, 2].map((i) => name.replace(".0.", `.${i}.`)),
  }]),
);
const specs: ParamSpecs = { ...small.params, ...shared };
const weights = initialize(specs, random(1));

/** The model's weights as a file would give them, names changed. */
function stored(
  rename: (name: string) => string | null = (name) => name,
): Map<string, StoredTensor> {
  const bytes = writeSafetensors(stateDict(specs, weights));
  const result = new Map<string, StoredTensor>();
  for (const [name, tensor] of parseSafetensors(bytes)) {
    const renamed = rename(name);
    if (renamed !== null) result.set(renamed, tensor);
  }
  return result;
}

Deno.test("weights written and loaded are the same, in memory layout", () => {
  const { params, report } = loadWeights(specs, stored());
  assert.deepEqual(params, weights);
  assert.deepEqual(report.missing, []);
  assert.deepEqual(report.unexpected, []);
  assert.equal(report.loaded.length, Object.keys(specs).length);
});

Deno.test("a parallel training's prefix is taken off", () => {
  const { report } = loadWeights(specs, stored((name) => `module.${name}`));
  assert.deepEqual(report.missing, []);
});

Deno.test("a shared parameter loads from any of its names", () => {
  const file = stored((name) => /cls\.[02]\./.test(name) ? null : name);
  const { params } = loadWeights(specs, file);
  assert.deepEqual(params["head.cls.0.bias"], weights["head.cls.0.bias"]);
});

Deno.test("copies of a shared parameter that differ are refused", () => {
  const file = stored();
  const copy = structuredClone(file.get("head.cls.2.bias")!);
  copy.data[0] = 9;
  file.set("head.cls.2.bias", copy);
  assert.throws(() => loadWeights(specs, file), {
    name: "WeightsError",
    message: '"head.cls.0.bias" and "head.cls.2.bias" differ in the ' +
      "checkpoint, but are one shared parameter of the model",
  });
});

Deno.test("another shape is refused, both shapes named", () => {
  const file = stored((name) => name.includes("cls") ? null : name);
  const data = new Float32Array(8);
  file.set("head.cls.0.weight", { dtype: "F32", shape: [4, 2], data });
  assert.throws(() => loadWeights(specs, file), {
    name: "WeightsError",
    message: "The checkpoint is of another model: " +
      '"head.cls.0.weight" is [4,2] in the checkpoint and [3,2] in the model',
  });
});

Deno.test("a file without any of the parameters is refused", () => {
  const data = new Float32Array(1);
  const file = new Map([["x", { dtype: "F32" as const, shape: [1], data }]]);
  assert.throws(
    () => loadWeights(specs, file),
    /holds none of the model's parameters; its names are like "x"/,
  );
});

const NORMS = /running_(mean|var)$|num_batches_tracked$/;

Deno.test("ResNet-50 and CPFPN have the reference's names and shapes", async () => {
  const full = await goldenJson("full_params");
  const backbone = resnet({
    name: "img_backbone",
    depth: 50,
    norm: { mode: "frozen" },
  });
  const neck = cpfpn("img_neck", backbone.channels, 256);
  const ours = { ...backbone.params, ...neck.params };
  type Entry = { name: string; shape: number[]; trainable: boolean };
  const reference = (full.state_dict as Entry[]).filter(({ name }) =>
    /^img_(backbone|neck)\./.test(name) && !name.endsWith("_tracked")
  );
  const key = (name: string, shape: readonly number[], trainable: boolean) =>
    `${name} [${shape}] ${trainable ? "trains" : "fixed"}`;
  assert.deepEqual(
    Object.entries(ours).map(([name, spec]) =>
      key(name, spec.shape, spec.trainable)
    ).sort(),
    reference.map((entry) => key(entry.name, entry.shape, entry.trainable))
      .sort(),
  );
  assert.equal(count(backbone.params), full.by_module.img_backbone);
  assert.equal(count(neck.params), full.by_module.img_neck);
});

Deno.test("V-99-eSE and its CPFPN have the reference's number of parameters", () => {
  const backbone = vovnet({ name: "img_backbone", norm: { mode: "affine" } });
  assert.equal(count(backbone.params), 69523520);
  assert.equal(count(cpfpn("n", backbone.channels, 256).params), 1049344);
});

Deno.test("depth, width and zero-init give the ResNet they name", () => {
  const depths = { 18: 11176512, 34: 21284672, 50: 23508032, 101: 42500160 };
  for (const [depth, parameters] of Object.entries(depths)) {
    const config = {
      name: "b",
      depth: Number(depth) as 18 | 34 | 50 | 101,
      norm: { mode: "train" as const },
    };
    assert.equal(count(resnet(config).params), parameters, `depth ${depth}`);
  }
  const net = resnet({
    name: "b",
    depth: 18,
    width: 32,
    norm: { mode: "train" },
    zeroInitLast: true,
  });
  assert.deepEqual(net.channels, [128, 256]);
  assert.deepEqual(net.strides, [16, 32]);
  const start = (name: string) => net.params[name]!.init;
  assert.deepEqual(start("b.layer1.0.bn2.weight"), {
    kind: "constant",
    value: 0,
  });
  assert.deepEqual(start("b.layer1.0.bn1.weight"), {
    kind: "constant",
    value: 1,
  });
  assert.deepEqual(start("b.layer2.0.downsample.1.weight"), {
    kind: "constant",
    value: 1,
  });
});

/** Parameters without the norms' statistics. */
function count(specs: ParamSpecs): number {
  return Object.entries(specs)
    .filter(([name]) => !NORMS.test(name))
    .flatMap(([, { shape }]) => shape.reduce((a, b) => a * b, 1))
    .reduce((a, b) => a + b, 0);
}
