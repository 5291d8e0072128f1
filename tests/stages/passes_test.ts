import assert from "node:assert/strict";
import type { Sample } from "../../models/mod.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import { composeStep } from "../../stages/train/run.ts";
import { createStepper } from "../../stages/train/stepper.ts";
import { useTensorFlow } from "../support/backend.ts";
import { tinyWorld } from "../support/stages.ts";
import { firstBatches, plainSettings } from "../support/training.ts";

const inputs = await tinyWorld(await Deno.makeTempDir());
const batches = await firstBatches(inputs, plainSettings(), 2, 3);
const fullest = batches.map(({ frames }) =>
  Math.max(
    ...(frames as unknown as Sample[]).map(({ labels }) =>
      labels.labels.length
    ),
  )
);

/** Three steps from the same weights, and the growth that was told. */
async function steps(bucket: number, grow: boolean) {
  const plain = plainSettings();
  const denoising = { groups: 2, bucket, grow };
  const settings = plainSettings({ model: { ...plain.model, denoising } });
  const step = composeStep(
    settings,
    buildModel(settings.model, settings.image),
  );
  const told: number[] = [];
  const stepper = createStepper({
    engine: await useTensorFlow(),
    step,
    settings,
    values: firstValues(step.params, settings.model, settings.seed),
    frozen: () => null,
    onGrowth: (_, size) => told.push(size),
  });
  const reports = batches.map((batch) => stepper.step(batch, 1e-3));
  return { told, reports };
}

Deno.test("frames with more objects than a group has rows lose none", async () => {
  assert.ok(fullest[0]! > 2, `${fullest}`);
  const { told, reports } = await steps(2, true);
  const whole = await steps(32, false);
  const sizes = fullest.map((n) => 2 ** Math.ceil(Math.log2(n)));
  assert.deepEqual(told, [...new Set(sizes)].filter((size) => size > 2));
  assert.deepEqual(whole.told, []);
  reports.forEach((report, i) => {
    const wanted = whole.reports[i]!;
    assert.ok(Math.abs(report.loss / wanted.loss - 1) < 1e-4);
    assert.ok(Math.abs(report.gradNorm / wanted.gradNorm - 1) < 1e-3);
  });
  const without = await steps(2, false);
  assert.deepEqual(without.told, []);
  const [short, full] = [without, whole].map(({ reports }) =>
    reports[0]!.terms["dn_loss_bbox"]!
  );
  assert.ok(Math.abs(short! / full! - 1) > 1e-3, `${short} ${full}`);
});
