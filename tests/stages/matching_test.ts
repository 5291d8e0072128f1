/** Matching on threads is matching. @module */
import assert from "node:assert/strict";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import { MatchingThreads } from "../../stages/train/matching/threads.ts";
import {
  type Matching,
  openMatching,
} from "../../stages/train/matching/mod.ts";
import { composeStep } from "../../stages/train/run.ts";
import { createStepper } from "../../stages/train/stepper.ts";
import { useTensorFlow } from "../support/backend.ts";
import { tinyWorld } from "../support/stages.ts";
import { firstBatches, plainSettings } from "../support/training.ts";

const inputs = await tinyWorld(await Deno.makeTempDir());
const settings = plainSettings({ batch: 3 });
const batches = await firstBatches(inputs, settings, 3, 2);

async function stepper(matching?: Matching) {
  const step = composeStep(
    settings,
    buildModel(settings.model, settings.image),
  );
  const values = firstValues(step.params, settings.model, settings.seed);
  const engine = await useTensorFlow();
  const frozen = () => null;
  return createStepper({ engine, step, settings, values, frozen, matching });
}

Deno.test("threads give the same steps to the bit, fewer than streams too", async () => {
  using threads = new MatchingThreads(2, 300_000);
  const [alone, spread] = [await stepper(), await stepper(threads)];
  for (const batch of batches) {
    const [a, b] = [alone.step(batch, 1e-3), spread.step(batch, 1e-3)];
    assert.deepEqual(b, a);
    assert.ok(a.terms["loss_bbox"]! > 0);
  }
  assert.deepEqual(spread.read(), alone.read());
  assert.equal(threads.served, 2 * 3);
});

Deno.test("what a thread cannot match fails where it was asked", () => {
  using threads = new MatchingThreads(2);
  const { config } = composeStep(
    settings,
    buildModel(settings.model, settings.image),
  );
  const short = {
    classScores: new Float32Array(3),
    boxCodes: new Float32Array(6),
  };
  const labels = { boxes: new Float32Array(0), labels: [] };
  const samples = [0, 1, 2].map(() => ({ labels, labels2d: [] }));
  assert.throws(
    () => threads.match(config, short, samples as never, null),
    /Cannot match 1 logits and 2 codes/,
  );
});

Deno.test("threads are for devices, one a stream, half the cores at most", () => {
  const options = { threads: null, cores: 16, streams: 8 } as const;
  const isThreaded = (more: Partial<Parameters<typeof openMatching>[0]>) => {
    using matching = openMatching({ ...options, device: "gpu", ...more });
    return matching instanceof MatchingThreads;
  };
  assert.ok(isThreaded({}));
  assert.ok(!isThreaded({ device: "cpu" }));
  assert.ok(!isThreaded({ streams: 1 }));
  assert.ok(!isThreaded({ cores: 2 }));
  assert.ok(!isThreaded({ threads: 0 }));
  assert.ok(isThreaded({ threads: 2, device: "cpu" }));
});
