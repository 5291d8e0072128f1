/** What a config will need, and what helps where that is too much. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { memoryHelp } from "../../pipeline/memory.ts";
import {
  estimateStages,
  type GivenStage,
  outOfMemory,
  peakOf,
  waysOut,
} from "../../stages/estimate.ts";
import { measureNetwork } from "../../stages/estimate/network.ts";
import { trainSettings } from "../../stages/train/settings.ts";

const TINY = {
  batch: 2,
  model: {
    channels: 64,
    backbone: { depth: 18, width: 16, norm: "train" },
    head: {
      ...{ queries: 24, propagated: 8, memory: 16, topk: 8 },
      ...{ layers: 2, feedforward: 64, heads: 4 },
    },
    denoising: { groups: 2, bucket: 8 },
  },
  image: { height: 64, width: 96 },
  schedule: { iterations: 10 },
};

const settings = trainSettings.parse(TINY);

function stages(train: unknown): GivenStage[] {
  const stage = (name: string, needs: string[], config: unknown) => ({
    name,
    file: `${name}.ts`,
    config,
    needs: Object.fromEntries(needs.map((need) => [need, need])),
  });
  const world = { train_scenes: 3, train_frames: 5 };
  return [
    stage("world", [], { ...world, val_scenes: 2, val_frames: 4 }),
    stage("train", ["world"], train),
    stage("export", ["world", "train"], { frames: 1000 }),
    stage("infer", ["world", "export"], { split: "val" }),
  ];
}

function peak(train: unknown): number {
  const [, estimate] = estimateStages(stages(train), null);
  return peakOf(estimate!)!;
}

Deno.test("a network's FLOPs and bytes grow as its images do", async () => {
  await tf.setBackend("cpu");
  const size = (height: number) =>
    measureNetwork(settings.model, { ...settings.image, height });
  const [small, large] = [size(64), size(128)];
  assert.equal(small.parameters, large.parameters);
  assert.ok(large.flops > 1.8 * small.flops && large.flops < 2.2 * small.flops);
  assert.ok(large.written > 1.7 * small.written);
  assert.equal(tf.memory().numTensors, 0);
});

Deno.test("memory follows batch and with_cp, time the iterations", async () => {
  await tf.setBackend("cpu");
  const cp = {
    ...TINY.model,
    backbone: { depth: 18, width: 16, with_cp: true },
  };
  assert.ok(peak({ ...TINY, batch: 8 }) > peak(TINY));
  assert.ok(
    peak({ ...TINY, batch: 64, model: cp }) < peak({ ...TINY, batch: 64 }),
  );
  const seconds = (iterations: number) => {
    const train = { ...TINY, schedule: { iterations } };
    const machine = { device: "cpu", flops: 1e9 } as const;
    return estimateStages(stages(train), machine)[1]!.seconds!;
  };
  assert.ok(Math.abs(seconds(30) / seconds(10) - 3) < 1e-9);
});

Deno.test("a length in epochs comes from the dataset's settings", async () => {
  await tf.setBackend("cpu");
  const machine = { device: "cpu", flops: 1e9 } as const;
  const seconds = (schedule: object) =>
    estimateStages(stages({ ...TINY, schedule }), machine)[1]!.seconds;
  // 15 frames in batches of 2 are 7 iterations.
  assert.equal(seconds({ epochs: 2 }), seconds({ iterations: 14 }));
});

Deno.test("what libraries say of memory is understood", () => {
  const texts = [
    "OOM when allocating tensor with shape[8,256] and type float",
    "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 12 bytes",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "Cannot allocate 4096 bytes of memory",
    "Its process ended with SIGKILL; the system ends processes so",
  ];
  for (const text of texts) assert.ok(outOfMemory(text), text);
  assert.ok(!outOfMemory("Found no split"));
});

Deno.test("three ways out, each with its estimated peak", () => {
  const text = waysOut({
    ...TINY,
    batch: 32,
    image: { height: 256, width: 704 },
  });
  const [head, ...ways] = text.split("\n");
  assert.match(head!, /estimated to need [\d.]+ GB at its peak. What helps:$/);
  assert.match(ways[0]!, /^ {2}train.batch=16 train.accumulate=2: about /);
  assert.match(ways[1]!, /backbone.with_cp=true .*head.with_cp=true: about /);
  assert.match(ways[2]!, /image.height=192 train.image.width=512 .*: about /);
  const gigabytes = (line: string) => Number(/([\d.]+) GB/.exec(line)![1]);
  for (const way of ways) assert.ok(gigabytes(way) < gigabytes(head!), way);
});

Deno.test("with a batch of one and with_cp, other settings are named", () => {
  const model = {
    ...TINY.model,
    backbone: { ...TINY.model.backbone, with_cp: true },
    head: { ...TINY.model.head, with_cp: true },
  };
  const text = waysOut({ ...TINY, batch: 1, model });
  assert.match(text, /head.queries=12 \(train.batch is 1 already\)/);
  assert.match(text, /denoising.groups=1 \(with_cp is on already\)/);
});

Deno.test("help is for training alone, and for memory alone", async () => {
  const ask = (uses: string, message: string) =>
    memoryHelp(
      { message },
      { entry: { uses }, config: TINY } as Parameters<
        typeof memoryHelp
      >[1],
    );
  const oom = "OOM when allocating tensor";
  assert.match((await ask("./stages/train.ts", oom))!, /^Memory has run out/);
  assert.equal(await ask("./stages/train.ts", "Found no split"), null);
  assert.equal(await ask("./stages/infer.ts", oom), null);
});
