import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "../../stages/train/batch.ts";
import { exportedOf } from "../../stages/train/state.ts";
import { tinyWorld } from "../support/stages.ts";
import {
  firstBatches,
  plainSettings,
  tinyStepper,
} from "../support/training.ts";

const folder = await Deno.makeTempDir();
const inputs = await tinyWorld(folder);
const batches = await firstBatches(inputs, plainSettings(), 2, 4);
const LR = 1e-3;
const IN_PARTS = plainSettings({
  batch: 1,
  accumulate: 2,
  loss_scale: "dynamic",
});

type State = ReturnType<Awaited<ReturnType<typeof tinyStepper>>["read"]>;

/** ‖a − b‖ / ‖b‖ over all numbers whose names begin so. */
function distance(a: State, b: State, prefix: string): number {
  let [difference, size] = [0, 0];
  for (const [name, { data }] of Object.entries(b.tensors)) {
    if (!name.startsWith(prefix)) continue;
    data.forEach((value, i) => {
      difference += (a.tensors[name]!.data[i]! - value) ** 2;
      size += value ** 2;
    });
  }
  return Math.sqrt(difference / size);
}

function poisoned(batch: Batch): Batch {
  const images = batch.images.slice();
  images[12345] = NaN;
  return { ...batch, images };
}

Deno.test("two parts of one stream equal a batch of two", async () => {
  const whole = await tinyStepper(plainSettings());
  const parts = await tinyStepper(IN_PARTS);
  for (const batch of batches) {
    const [a, b] = [parts.step(batch, LR), whole.step(batch, LR)];
    assert.ok(Math.abs(a.loss / b.loss - 1) < 1e-4, `${a.loss}, ${b.loss}`);
    assert.ok(Math.abs(a.gradNorm / b.gradNorm - 1) < 1e-3);
    for (const [name, value] of Object.entries(b.terms)) {
      assert.ok(Math.abs(a.terms[name]! - value) < 1e-3 * (1 + value), name);
    }
  }
  assert.ok(distance(parts.read(), whole.read(), "mean.") < 1e-3);
  assert.ok(distance(parts.read(), whole.read(), "weight.") < 1e-3);
});

Deno.test("compiled by XLA, which does cheap work twice, a step is the same", async () => {
  const { model } = plainSettings();
  const backbone = { ...model.backbone, with_cp: true };
  const plain = await tinyStepper(plainSettings());
  const compiled = await tinyStepper(
    plainSettings({ jit: true, model: { ...model, backbone } }),
  );
  for (const batch of batches) {
    const [a, b] = [compiled.step(batch, LR), plain.step(batch, LR)];
    assert.ok(Math.abs(a.loss / b.loss - 1) < 1e-4, `${a.loss}, ${b.loss}`);
    assert.ok(Math.abs(a.gradNorm / b.gradNorm - 1) < 1e-3);
  }
  assert.ok(distance(compiled.read(), plain.read(), "weight.") < 1e-3);
});

Deno.test("steps leave no tensors behind", async () => {
  const stepper = await tinyStepper(IN_PARTS);
  stepper.step(batches[0]!, LR);
  const before = tf.memory().numTensors;
  stepper.step(batches[1]!, LR);
  stepper.step(poisoned(batches[2]!), LR);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a poisoned image is named, and nothing of its step is kept", async () => {
  const stepper = await tinyStepper(plainSettings());
  stepper.step(batches[0]!, LR);
  const before = stepper.read();
  const report = stepper.step(poisoned(batches[1]!), LR);
  assert.equal(report.outcome, "diverged");
  assert.match(
    report.source!,
    /^input images \(NaN at 12345, 1 of \d+ numbers\)$/,
  );
  assert.deepEqual(stepper.read().tensors, before.tensors);
  assert.equal(stepper.step(batches[1]!, LR).outcome, "applied");
});

Deno.test("the first tensor that is not finite is named in the order of flow", async () => {
  const stepper = await tinyStepper(plainSettings());
  const state = stepper.read();
  const tensors = (name: string, value: number) => ({
    ...state,
    tensors: {
      ...state.tensors,
      [name]: {
        ...state.tensors[name]!,
        data: state.tensors[name]!.data.map((x, i) => i === 3 ? value : x),
      },
    },
  });
  stepper.write(tensors("weight.img_backbone.layer2.0.conv1.weight", NaN));
  assert.match(
    stepper.step(batches[0]!, LR).source!,
    /^weight img_backbone\.layer2\.0\.conv1\.weight \(NaN at 3, 1 of/,
  );
  // Finite, but too much for what comes after it.
  stepper.write(tensors("weight.pts_bbox_head.cls_branches.0.6.bias", 3e38));
  assert.match(stepper.step(batches[0]!, LR).source!, /^loss term /);
  stepper.write(state);
  assert.match(
    stepper.step(batches[0]!, 1e30).source!,
    /^updated weight \S+ \(-?\S+ at \d+, whose square is\)/,
  );
});

Deno.test("an overflow of the scaled loss skips the step and is no divergence", async () => {
  const settings = plainSettings({
    loss_scale: { initial: 2 ** 126, interval: 2 },
  });
  const stepper = await tinyStepper(settings);
  let overflows = 0;
  for (;;) {
    const before = stepper.read();
    const report = stepper.step(batches[0]!, LR);
    assert.equal(report.scale, 2 ** (126 - overflows));
    if (report.outcome === "applied") break;
    assert.equal(report.outcome, "overflow");
    assert.ok(Number.isFinite(report.loss));
    assert.equal(distance(stepper.read(), before, "weight."), 0);
    assert.equal(stepper.read().step, 0);
    overflows++;
  }
  assert.ok(overflows > 0, "the scale was too large at first");
  assert.equal(stepper.read().step, 1);
  stepper.step(batches[1]!, LR);
  assert.equal(stepper.step(batches[2]!, LR).scale, 2 ** (127 - overflows));
});

Deno.test("a scale that is a power of two changes no bit", async () => {
  const scaled = await tinyStepper(plainSettings({ loss_scale: 512 }));
  const plain = await tinyStepper(plainSettings());
  for (const batch of batches.slice(0, 2)) {
    const [a, b] = [scaled.step(batch, LR), plain.step(batch, LR)];
    assert.equal(a.scale, 512);
    assert.equal(a.gradNorm, b.gradNorm);
  }
  assert.deepEqual(scaled.read().tensors, plain.read().tensors);
});

Deno.test("half precision trains with a scale of its own", async () => {
  const half = await tinyStepper(plainSettings({ precision: "float16" }));
  const full = await tinyStepper(plainSettings());
  const [a, b] = [half.step(batches[0]!, LR), full.step(batches[0]!, LR)];
  assert.equal(a.scale, 65536);
  assert.ok(Math.abs(a.loss / b.loss - 1) < 0.02, `${a.loss}, ${b.loss}`);
  assert.notEqual(a.loss, b.loss);
});

Deno.test("a scale that no overflow ends is a divergence", async () => {
  const stepper = await tinyStepper(plainSettings({ loss_scale: 2 ** 127 }));
  const outcomes = Array.from(
    { length: 20 },
    () => stepper.step(batches[0]!, LR),
  );
  assert.equal(outcomes[18]!.outcome, "overflow");
  assert.equal(outcomes[19]!.outcome, "diverged");
  assert.match(outcomes[19]!.source!, /^gradient /);
});

for (const precision of ["float16", "float32"] as const) {
  Deno.test(`a poisoned image is no overflow of a scaled loss in ${precision}`, async () => {
    const settings = plainSettings({ precision, loss_scale: "dynamic" });
    const stepper = await tinyStepper(settings);
    const report = stepper.step(poisoned(batches[0]!), LR);
    assert.equal(report.outcome, "diverged");
    assert.match(report.source!, /^input images/);
    assert.equal(stepper.step(batches[0]!, LR).scale, 65536);
  });
}

Deno.test("the state goes through a checkpoint with its scale", async () => {
  const a = await tinyStepper(IN_PARTS);
  const b = await tinyStepper(IN_PARTS, 1);
  a.step(batches[0]!, LR);
  a.step(poisoned(batches[1]!), LR);
  b.write(a.read());
  const [one, two] = [a.step(batches[2]!, LR), b.step(batches[2]!, LR)];
  assert.deepEqual(one, two);
  assert.deepEqual(a.read(), b.read());
});

Deno.test("the average follows weights and statistics, through a checkpoint too", async () => {
  const ema = { decay: 0.9, iterations: 2 };
  const { model } = plainSettings();
  const settings = plainSettings({
    ema,
    model: { ...model, backbone: { ...model.backbone, norm: "train" } },
  });
  const [a, b] = [await tinyStepper(settings), await tinyStepper(settings, 1)];
  const names = [
    "img_backbone.layer1.0.conv1.weight",
    "img_backbone.bn1.running_var",
    "pts_bbox_head.memory_embed.0.bias",
  ];
  const of = (kind: string, name: string) =>
    a.read().tensors[`${kind}.${name}`]!.data.slice() as Float32Array;
  const averages = names.map((name) => of("weight", name));
  for (const [step, batch] of batches.entries()) {
    if (step === 2) b.write(a.read());
    a.step(batch, LR);
    if (step >= 2) b.step(batch, LR);
    const share = 0.9 * Math.exp(-(1 + step) / 2) + 0.1;
    names.forEach((name, i) => {
      const average = averages[i]!;
      of("weight", name).forEach((x, j) => {
        average[j]! += share * (x - average[j]!);
      });
      of("average", name).forEach((x, j) =>
        assert.ok(Math.abs(x - average[j]!) <= 1e-6 * (1 + Math.abs(x)), name)
      );
    });
  }
  assert.deepEqual(b.read(), a.read());
  const { tensors } = a.read();
  const chosen = (choice: "average" | "last") =>
    exportedOf(
      tensors,
      { ema: { ...settings.ema!, export: choice } },
      names[1]!,
    );
  assert.deepEqual(chosen("average").data, of("average", names[1]!));
  assert.deepEqual(chosen("last").data, of("weight", names[1]!));
  assert.notDeepEqual(of("average", names[1]!), of("weight", names[1]!));
});

Deno.test("parts computed twice give the gradients of parts kept", async () => {
  const { model } = plainSettings();
  const settings = (with_cp: boolean) =>
    plainSettings({
      model: {
        ...model,
        backbone: { ...model.backbone, with_cp },
        head: { ...model.head, dropout: 0.3, with_cp },
      },
    });
  const twice = await tinyStepper(settings(true));
  const once = await tinyStepper(settings(false));
  for (const batch of batches.slice(0, 2)) {
    const [a, b] = [twice.step(batch, LR), once.step(batch, LR)];
    assert.ok(Math.abs(a.loss / b.loss - 1) < 1e-4, `${a.loss}, ${b.loss}`);
    assert.ok(Math.abs(a.gradNorm / b.gradNorm - 1) < 1e-3);
  }
  assert.ok(distance(twice.read(), once.read(), "mean.") < 1e-3);
  assert.ok(distance(twice.read(), once.read(), "weight.") < 1e-3);
});

Deno.test("a poisoned frame of a clip is named by its index", async () => {
  const window = { length: 3, grads: 2 };
  const stepper = await tinyStepper(plainSettings({ window }));
  const [a, b, c] = batches as [Batch, Batch, Batch];
  const report = stepper.step({ ...c, before: [a, poisoned(b)] }, LR);
  assert.match(report.source!, /^input frame_1_images \(NaN at 12345/);
});

Deno.test("a moving first beta and no clipping reach the update", async () => {
  const schedule = { policy: "cyclic", momentum_ratio: [0.5, 1] };
  const optimizer = { lr: LR, clip: null };
  const stepper = await tinyStepper(plainSettings({ schedule, optimizer }));
  const name = "mean.pts_bbox_head.cls_branches.0.6.bias";
  const meanAfter = (momentum: number) => {
    stepper.write(first);
    stepper.step(batches[0]!, LR, momentum);
    return stepper.read().tensors[name]!.data;
  };
  const first = stepper.read();
  const [whole, half] = [meanAfter(1), meanAfter(0.5)];
  whole.forEach((value, i) =>
    assert.ok(Math.abs(half[i]! / value - (1 - 0.45) / (1 - 0.9)) < 1e-4)
  );
});

Deno.test("frozen stages and names stay as they are", async () => {
  const { model } = plainSettings();
  const settings = plainSettings({
    model: {
      ...model,
      backbone: { ...model.backbone, norm: "train", frozen_stages: 2 },
    },
    optimizer: { lr: LR, freeze: ["img_neck.", "cls_branches"] },
  });
  const stepper = await tinyStepper(settings);
  const before = stepper.read().tensors;
  stepper.step(batches[0]!, LR);
  const after = stepper.read().tensors;
  const still = /img_backbone\.(conv1|bn1|layer[12])|img_neck|cls_branches/;
  for (const [name, { data }] of Object.entries(before)) {
    if (!name.startsWith("weight.")) continue;
    const moved = data.some((value, i) => after[name]!.data[i] !== value);
    if (still.test(name)) assert.ok(!moved, `${name} moved`);
    else if (/layer[34].*(conv|running)/.test(name)) assert.ok(moved, name);
  }
  assert.ok(!("mean.img_neck.lateral_convs.0.conv.weight" in before));
});

globalThis.addEventListener("unload", () => {
  Deno.removeSync(folder, { recursive: true });
});
