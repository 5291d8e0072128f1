import assert from "node:assert/strict";
import { planRun } from "../../stages/train/plan.ts";
import { trainSettings } from "../../stages/train/settings.ts";
import { trainedOf, unmatched } from "../../stages/train/trained.ts";
import { UserError } from "../../pipeline/stage.ts";

/** The training split of nuScenes, split in two. */
const NUSCENES = { frames: 28130, sequences: 1400 };

function plan(settings: Record<string, unknown>, extent = NUSCENES) {
  return planRun(trainSettings.parse(settings), extent);
}

function refused(settings: Record<string, unknown>, message: RegExp) {
  assert.throws(() => plan(settings), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("the published runs have the published lengths and rates", () => {
  const optimizer = { lr: 4e-4, base_batch: 16 };
  const r50 = plan({ batch: 16, optimizer });
  assert.equal(r50.iterationsPerEpoch, 1758);
  assert.equal(r50.iterations, 42192);
  assert.equal(r50.lr, 4e-4);
  const long = plan({ batch: 16, optimizer, schedule: { epochs: 90 } });
  assert.equal(long.iterations, 158220);
  const window = planRun(
    trainSettings.parse({ batch: 8, optimizer, window: {} }),
    { frames: 28130, sequences: null },
  );
  // The reference's sampler of clips fills the last batch: 28130 / 8 rounded up.
  assert.equal(window.iterationsPerEpoch, 3517);
  assert.equal(window.iterations, 24 * 3517);
  assert.equal(window.lr, 2e-4);
});

Deno.test("one GPU with two samples trains longer at a lower rate", () => {
  const one = plan({ batch: 2, optimizer: { lr: 4e-4, base_batch: 16 } });
  assert.equal(one.lr, 5e-5);
  assert.equal(one.iterations, 24 * 14065);
  assert.match(
    one.text,
    /global batch 2 \(batch 2\): 14065 iterations an epoch.* lr 0\.00005 = 0\.0004 x 2\/16 \(linear/,
  );
});

Deno.test("without a rate the reference's is scaled; a bare one stays", () => {
  assert.equal(plan({ batch: 4 }).lr, 1e-4);
  const bare = plan({ batch: 2, optimizer: { lr: 1e-3 } });
  assert.equal(bare.lr, 1e-3);
  assert.match(bare.text, /lr 0\.001 \(as given, for any batch\)/);
});

Deno.test("processes count into the batch", () => {
  const settings = trainSettings.parse({ batch: 2 });
  const eight = planRun(settings, { ...NUSCENES, processes: 8 });
  assert.equal(eight.globalBatch, 16);
  assert.equal(eight.lr, 4e-4);
  for (const few of [{ frames: 15 }, { sequences: 15 }]) {
    assert.throws(
      () => planRun(settings, { ...NUSCENES, ...few, processes: 8 }),
      /of 16 \(batch 2 x 8 processes\).* or start fewer processes$/,
    );
  }
});

Deno.test("settings that contradict each other are refused", () => {
  refused(
    { batch: 4, schedule: { epochs: 24, iterations: 42192 } },
    /epochs 24 are 168768 iterations of global batch 4, .*iterations says 42192/,
  );
  const agreed = { epochs: 24, iterations: 42192 };
  assert.equal(plan({ batch: 16, schedule: agreed }).iterations, 42192);
  refused({ optimizer: { base_batch: 16 } }, /no lr is given/);
  refused(
    { schedule: { policy: "cyclic", iterations: 4, cyclic_times: 5 } },
    /5 cycles \(train\.schedule\.cyclic_times\) of 4 iterations/,
  );
  assert.throws(
    () => trainSettings.parse({ filter_empty: true }),
    /sequence_split: all and without a window/,
  );
  assert.throws(
    () => plan({ batch: 5 }, { frames: 80, sequences: 4 }),
    /global batch of 5 \(batch 5\) from 4 sequences.*sequence_split/,
  );
  assert.throws(
    () => plan({ batch: 5 }, { frames: 4, sequences: 4 }),
    /global batch of 5 \(batch 5\) of 4 frames/,
  );
});

Deno.test("what looks like a mistake is said", () => {
  const [warmup] = plan({ schedule: { iterations: 100 } }).warnings;
  assert.match(warmup!, /warmup_iterations 500.*100 iterations/);
  const [peak] = plan({
    schedule: { iterations: 2, policy: "cyclic" },
  }).warnings;
  assert.match(peak!, /begins at its peak/);
  const cycles = { policy: "cyclic", iterations: 10, cyclic_times: 5 };
  assert.match(plan({ schedule: cycles }).warnings[0]!, /of 2 iterations/);
  assert.match(plan({ batch: 32 }).warnings[0]!, /lr 0\.0008.* 6e-4 at 32/);
  assert.deepEqual(plan({ batch: 32, optimizer: { lr: 6e-4 } }).warnings, []);
  assert.deepEqual(plan({}).warnings, []);
  assert.deepEqual(plan({ batch: 16 }).warnings, []);
});

Deno.test("a schedule by epoch holds still within epochs", () => {
  const schedule = { by_epoch: true, warmup_iterations: 0 };
  const { factor, iterations } = plan({ batch: 16, schedule });
  // EpochBasedRunner over DistributedGroupSampler: 28130 / 16 rounded up.
  assert.equal(iterations, 24 * 1759);
  assert.equal(factor(0), factor(1758));
  assert.ok(factor(1759) < factor(1758));
});

Deno.test("the first beta moves in the cycles of the rate", () => {
  const schedule = {
    policy: "cyclic",
    iterations: 1000,
    target_ratio: [6, 1e-4],
    momentum_ratio: [0.895, 1],
  };
  const { factor, momentum } = plan({ schedule });
  assert.equal(factor(400), 6);
  assert.equal(momentum!(0), 1);
  assert.ok(Math.abs(0.9 * momentum!(400) - 0.8055) < 1e-12);
  assert.equal(plan({}).momentum, null);
  const twice = plan({ schedule: { ...schedule, cyclic_times: 2 } });
  assert.equal(twice.factor(200), 6);
  refused({ schedule: { momentum_ratio: [0.9, 1] } }, /policy is cosine/);
});

/** What any parameter of one number is. */
const SPEC = {
  shape: [1],
  init: { kind: "constant", value: 0 },
  trainable: true,
} as const;
const PLAIN = { data: new Float32Array(1), shape: [1] };

function factors(names: string[], optimizer: Record<string, unknown>) {
  const specs = Object.fromEntries(names.map((name) => [name, SPEC]));
  const values = Object.fromEntries(names.map((name) => [name, PLAIN]));
  const settings = trainSettings.parse({ optimizer }).optimizer;
  return trainedOf(specs, settings, values, () => null)
    .map(({ lr }) => lr);
}

Deno.test("a ViT's rates fall block by block, times the factor by name", () => {
  const names = [
    "img_backbone.patch_embed.proj.weight",
    "img_backbone.blocks.0.norm1.weight",
    "img_backbone.blocks.1.norm1.weight",
    "pts_bbox_head.query_embedding.0.weight",
  ];
  assert.deepEqual(
    factors(names, { layer_decay: 0.5, lr_mult: { img_backbone: 0.5 } }),
    [0.0625, 0.125, 0.25, 1],
  );
  assert.deepEqual(factors(names, {}), [0.25, 0.25, 0.25, 1]);
  assert.throws(
    () => factors(["img_backbone.conv1.weight"], { layer_decay: 0.9 }),
    /layer_decay 0\.9 is for backbones of transformer blocks/,
  );
});

Deno.test("parts of names that no parameter has are told", () => {
  const { optimizer } = trainSettings.parse({
    optimizer: { lr_mult: { img_backbon_: 0.1 }, freeze: ["img_neck"] },
  });
  const names = ["img_backbone.conv1.weight", "img_neck.a.bias"];
  const [text, ...rest] = unmatched(names, optimizer);
  assert.match(
    text!,
    /lr_mult names "img_backbon_".*begin with img_backbone, img_neck/,
  );
  assert.deepEqual(rest, []);
});
