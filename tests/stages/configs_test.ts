import assert from "node:assert/strict";
import { parse } from "yaml";
import type { ParamSpecs } from "../../models/module.ts";
import { loadConfig, toValue } from "../../pipeline/config/mod.ts";
import {
  configFiles,
  paramsOf,
  publishedFiles,
  trainSettingsOf,
} from "../support/configs.ts";
import { goldenJson } from "../support/golden.ts";
import { variantJson } from "../support/variants.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Exit code and last JSON line of a dry run. */
async function dryRun(config: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-run",
      "--allow-ffi",
      "--allow-sys",
      "pipeline/cli.ts",
      config,
      "--dry-run",
      "--json",
    ],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder().decode(stdout).trim();
  return {
    code,
    last: text.split("\n").at(-1)!,
    complaint: new TextDecoder().decode(stderr),
  };
}

const PUBLISHED = publishedFiles();

for (const name of configFiles()) {
  Deno.test(`configs/${name} is a config that could run`, async () => {
    const { code, last, complaint } = await dryRun(`configs/${name}`);
    assert.equal(code, 0, complaint);
    const { type, stages } = JSON.parse(last);
    assert.equal(type, "finished");
    assert.deepEqual(stages.map((stage: { name: string }) => stage.name), [
      "dataset",
      "create-data",
      "train",
      "export",
      "infer",
      "evaluate",
      "track",
      "evaluate-tracking",
    ]);
  });
}

/** A row of the original's state dict. */
interface Entry {
  name: string;
  shape: number[];
  alias_of: string | null;
  trainable: boolean;
  kind: "param" | "buffer";
}

const recorded: Entry[] = (await goldenJson("full_params")).state_dict
  // Batch norms of torch count their batches; nothing ever reads it.
  .filter(({ name }: Entry) => !name.endsWith(".num_batches_tracked"));

/** Name, shape and whether it learns, of every entry with its aliases. */
function stateDict(specs: ParamSpecs): string[] {
  return Object.entries(specs).flatMap(([name, spec]) =>
    [name, ...spec.aliases ?? []].map((key) =>
      `${key} [${spec.shape}]${spec.trainable ? "" : ", fixed"}`
    )
  ).sort();
}

/** The same of the original R50 with so many queries. */
function original(learned: number, passed: number): string[] {
  const rows: Record<string, number> = {
    "pts_bbox_head.reference_points.weight": learned,
    "pts_bbox_head.pseudo_reference_points.weight": passed,
  };
  return recorded.map(({ name, shape, trainable }) => {
    const [first, ...rest] = shape;
    const all = [rows[name] ?? first, ...rest];
    return `${name} [${all}]${trainable ? "" : ", fixed"}`;
  }).sort();
}

/** Numbers in parameters whose names begin so. */
function total(specs: ParamSpecs, prefix = ""): number {
  return Object.entries(specs)
    .filter(([name, { buffer }]) => name.startsWith(prefix) && !buffer)
    .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

for (
  const [file, learned, passed] of [
    ["r50.yaml", 644, 256],
    ["r50-90e.yaml", 644, 256],
    ["r50-8key-2grad.yaml", 644, 256],
    ["r50-nui-428q-24e.yaml", 300, 128],
    ["r50-nui-428q-60e.yaml", 300, 128],
  ] as const
) {
  Deno.test(`configs/${file} has the original's state dict`, () => {
    const specs = paramsOf(trainSettingsOf(file));
    assert.deepEqual(stateDict(specs), original(learned, passed));
    // As the dump in the original's log of 900 queries says.
    if (learned === 644) assert.equal(total(specs), 37_259_345);
  });
}

Deno.test("configs/v299-800-24e.yaml has the original's parameters", () => {
  const specs = paramsOf(trainSettingsOf("v299-800-24e.yaml"));
  const rest = (lines: string[]) =>
    lines.filter((line) => !/^img_(backbone|neck\.lateral)/.test(line));
  assert.deepEqual(rest(stateDict(specs)), rest(original(644, 256)));
  assert.equal(total(specs), 82_947_153);
  assert.equal(total(specs, "img_backbone."), 69_523_520);
  assert.equal(total(specs, "img_neck."), 1_049_344);
  const stuck = Object.entries(specs).filter(([name, { trainable, buffer }]) =>
    name.startsWith("img_backbone.") && !trainable && !buffer
  );
  assert.deepEqual(stuck, [], "norms learn their weights and biases");
});

/** A row of a state dict recorded of a variant. */
type Row = [string, number[], string | null, trains: boolean];

function rowLines(rows: Row[]): string[] {
  return rows.map(([name, shape, , trains]) =>
    `${name} [${shape}]${trains ? "" : ", fixed"}`
  );
}

for (const file of ["petr-r50.yaml", "focal-petr-r50.yaml"]) {
  Deno.test(`configs/${file} has the original's state dict`, async () => {
    const specs = paramsOf(trainSettingsOf(file));
    const head = rowLines(await variantJson("petr_params"));
    const others = original(644, 256).filter((line) =>
      /^img_(backbone|neck)/.test(line) ||
      file.startsWith("focal") && line.startsWith("img_roi_head.")
    );
    assert.deepEqual(stateDict(specs), [...head, ...others].sort());
    assert.equal(total(specs, "pts_bbox_head."), 10_766_592);
  });
}

for (const kind of ["v299", "eva02"]) {
  Deno.test(`configs/repdetr3d-${kind}.yaml has the original's state dict`, async () => {
    const rows: Row[] = (await variantJson("params"))[`repdetr3d_${kind}`];
    const specs = paramsOf(trainSettingsOf(`repdetr3d-${kind}.yaml`));
    assert.deepEqual(stateDict(specs), rowLines(rows).sort());
  });
}

Deno.test("configs/vitl-eva02.yaml has the original's parameters", () => {
  const specs = paramsOf(trainSettingsOf("vitl-eva02.yaml"));
  // Tokens of 1024 channels go to the heads as they are.
  const wide: Record<string, number[]> = {
    "pts_bbox_head.memory_embed.0.weight": [256, 1024],
    "img_roi_head.shared_cls.0.weight": [256, 1024, 3, 3],
    "img_roi_head.shared_reg.0.weight": [256, 1024, 3, 3],
  };
  const heads = recorded
    .filter(({ name }) => /^(pts_bbox|img_roi)_head/.test(name))
    .map(({ name, shape, trainable }) => {
      const rows = [name, shape] as const;
      const of = wide[name] ??
        (/reference_points/.test(name)
          ? [name.includes("pseudo") ? 256 : 644, 3]
          : rows[1]);
      return `${name} [${of}]${trainable ? "" : ", fixed"}`;
    });
  const own = stateDict(specs)
    .filter((line) => !line.startsWith("img_backbone."));
  assert.deepEqual(own, heads.sort());
  assert.equal(total(specs, "img_backbone."), 303_388_608);
});

Deno.test("published configs say their length, rates and images", () => {
  const rows = Object.fromEntries(
    PUBLISHED.map((file) => {
      const { optimizer, schedule, image } = trainSettingsOf(file);
      return [file, [
        schedule.epochs,
        optimizer.lr,
        optimizer.lr_mult.img_backbone,
        `${image.height}x${image.width}`,
        image.resize.join(),
        image.normalization,
      ]];
    }),
  );
  const r50 = ["256x704", "0.38,0.55", "imagenet-rgb"];
  const large = ["320x800", "0.47,0.625"];
  assert.deepEqual(rows, {
    "focal-petr-r50.yaml": [24, 4e-4, 0.25, ...r50],
    "petr-r50.yaml": [24, 4e-4, 0.25, ...r50],
    "r50.yaml": [24, 4e-4, 0.25, ...r50],
    "r50-8key-2grad.yaml": [24, 2e-4, 0.25, ...r50],
    "r50-90e.yaml": [90, 4e-4, 0.25, ...r50],
    "r50-nui-428q-24e.yaml": [24, 4e-4, 0.1, ...r50],
    "r50-nui-428q-60e.yaml": [60, 4e-4, 0.1, ...r50],
    "repdetr3d-eva02.yaml": [24, 4e-4, 0.1, ...large, "imagenet-rgb"],
    "repdetr3d-v299.yaml": [24, 4e-4, 0.25, ...large, "imagenet-bgr"],
    "v299-800-24e.yaml": [24, 4e-4, 0.1, ...large, "imagenet-bgr"],
    "vitl-eva02.yaml": [24, 4e-4, 0.1, ...large, "imagenet-rgb"],
  });
});

Deno.test("what the originals share is the same in all published configs", () => {
  for (const file of PUBLISHED) {
    const all = trainSettingsOf(file);
    const { optimizer, schedule, model, image, augmentation } = all;
    const { head, denoising } = model;
    const single = head.type === "petr";
    const clips = all.window !== null;
    assert.deepEqual({
      batch: [all.batch * all.accumulate, optimizer.base_batch],
      decay: [optimizer.weight_decay, optimizer.clip, ...optimizer.betas],
      warmup: [schedule.warmup_iterations, schedule.warmup_ratio],
      cosine: [schedule.policy, schedule.min_lr_ratio, schedule.by_epoch],
      data: [all.sequence_split, all.filter_empty, image.grid_mask, image.flip],
      world: [augmentation.rotation, ...augmentation.scale],
      decoder: [head.layers, head.heads, head.dropout, head.feedforward],
      codes: head.code_weights,
      ranges: [head.range, head.position_range],
      noise: [denoising!.groups, denoising!.noise_scale, denoising!.split],
      again: [model.backbone.with_cp, head.with_cp],
    }, {
      batch: clips ? [8, 8] : [16, 16],
      decay: [0.01, 35, 0.9, 0.999],
      warmup: [500, 1 / 3],
      cosine: ["cosine", 1e-3, single || clips],
      data: [single ? "all" : 2, single, 0.7, 0.5],
      world: [0.3925, 0.95, 1.05],
      decoder: [6, 8, 0.1, head.type === "repdetr3d" ? 1024 : 2048],
      codes: [2, 2, 1, 1, 1, 1, 1, 1, ...(single ? [0.2, 0.2] : [1, 1])],
      ranges: [
        [-51.2, -51.2, -5, 51.2, 51.2, 3],
        [-61.2, -61.2, -10, 61.2, 61.2, 10],
      ],
      noise: [10, 1, 0.75],
      again: [true, !clips],
    }, file);
  }
});

/** Leaves of nested maps, by their paths. */
function leaves(value: unknown, path = ""): [string, unknown][] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return [[path, value]];
  }
  return Object.entries(value)
    .flatMap(([key, child]) => leaves(child, `${path}/${key}`));
}

Deno.test("a published config says only what differs", () => {
  for (const file of PUBLISHED) {
    const own = parse(Deno.readTextFileSync(`${ROOT}configs/${file}`));
    const parent = toValue(loadConfig(`${ROOT}configs/${own.extends}`));
    const above = new Map(leaves(parent));
    for (const [path, value] of leaves(own)) {
      assert.notDeepEqual(value, above.get(path), `${file} repeats ${path}`);
    }
  }
});
