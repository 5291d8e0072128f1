/**
 * Batches do not depend on threads, prefetch or interruptions.
 */
import assert from "node:assert/strict";
import {
  createFrames,
  openDataset,
  readAllFrames,
  writeFrames,
} from "../../nusc/mod.ts";
import {
  GroupSampler,
  sequenceGroups,
  type WindowOptions,
  WindowSampler,
} from "../../nusc/loader/mod.ts";
import { frameConfig } from "../../stages/train/artifact.ts";
import {
  type Batch,
  poseOf,
  type StreamPose,
} from "../../stages/train/batch.ts";
import { Feeder, threadsOf } from "../../stages/train/feeder.ts";
import { trainSettings } from "../../stages/train/settings.ts";
import { TINY, withWorld } from "../world/support.ts";

const settings = trainSettings.parse({
  image: { height: 32, width: 64, resize: [0.38, 0.55], rotation: [-3, 3] },
  augmentation: { mirror: 0.5 },
});

type Open = (options: {
  threads: number;
  prefetch?: number;
  lend?: number;
  window?: WindowOptions;
}) => Feeder;

/** Feeders of two streams over a world of two scenes of three frames. */
async function withFeeders(
  work: (open: Open, root: string) => Promise<void>,
): Promise<void> {
  await withWorld(TINY, async ({ root }) => {
    const dataset = openDataset(root);
    const path = `${root}/infos.jsonl`;
    const rows = [...dataset.samples.rows.keys()];
    await writeFrames(path, createFrames(dataset, rows));
    const frames = await readAllFrames(path);
    const groups = sequenceGroups(frames, 1);
    await work(({ threads, prefetch = 2, lend, window }) =>
      new Feeder({
        root,
        frames,
        config: frameConfig(
          settings.image,
          settings.model,
          settings.augmentation,
        ),
        sampler: window
          ? new WindowSampler(frames, window)
          : new GroupSampler(groups, 2, 0),
        lend,
        seed: 5,
        cacheBytes: 0,
        threads,
        prefetch,
      }), root);
  });
}

/** Batches with images of their own. */
async function take(feeder: Feeder, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const batch = await feeder.next();
      batches.push({ ...batch, images: Float32Array.from(batch.images) });
    }
  } finally {
    await feeder.close();
  }
  return batches;
}

Deno.test("batches are the same by any threads and any prefetch", async () => {
  await withFeeders(async (open) => {
    const wanted = await take(open({ threads: 0, prefetch: 1 }), 7);
    const differ = wanted.slice(1).every(({ images }, i) =>
      images.some((value, k) => value !== wanted[i]!.images[k])
    );
    assert.ok(differ, "no two batches in a row are alike");
    for (const [threads, prefetch] of [[1, 5], [3, 2], [0, 4]]) {
      const found = await take(open({ threads: threads!, prefetch }), 7);
      assert.deepEqual(found, wanted, `${threads} threads, ${prefetch} ahead`);
    }
  });
});

Deno.test("a feeder goes on behind a checkpoint with the same bits", async () => {
  await withFeeders(async (open) => {
    const wanted = await take(open({ threads: 2 }), 8);
    const poses: StreamPose[] = wanted[3]!.frames.map(poseOf);
    const resumed = open({ threads: 1 });
    resumed.resume(4, poses);
    assert.deepEqual(await take(resumed, 4), wanted.slice(4));
  });
});

Deno.test("frames of a clip follow each other, their images stay together", async () => {
  await withFeeders(async (open) => {
    const options = { length: 3, random: 1, batch: 2, seed: 0 };
    const feeder = open({ threads: 1, lend: 3, window: options });
    const clip = [
      await feeder.next(),
      await feeder.next(),
      await feeder.next(),
    ];
    const copies = clip.map(({ images }) => Float32Array.from(images));
    assert.deepEqual([...clip[0]!.prevExists], [0, 0]);
    clip.slice(1).forEach(({ frames, prevExists, deltaSeconds }, t) => {
      frames.forEach(({ info }, b) => {
        const before = clip[t]!.frames[b]!.info;
        const same = before.scene_token === info.scene_token;
        assert.equal(prevExists[b], same ? 1 : 0);
        const seconds = (info.timestamp - before.timestamp) / 1e6;
        assert.equal(deltaSeconds[b], same ? Math.fround(seconds) : 0);
      });
    });
    await feeder.close();
    assert.deepEqual(clip.map(({ images }) => images), copies);
  });
});

Deno.test("memory of images is taken back, not allocated again", async () => {
  await withFeeders(async (open) => {
    const feeder = open({ threads: 1, prefetch: 2 });
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 12; i++) {
      const { images } = await feeder.next();
      assert.ok(images.buffer instanceof SharedArrayBuffer);
      buffers.add(images.buffer);
    }
    await feeder.close();
    assert.ok(buffers.size <= 4, `${buffers.size} buffers`);
  });
});

for (const threads of [0, 2]) {
  Deno.test(`a missing and a damaged image are named, ${threads} threads`, async () => {
    await withFeeders(async (open, root) => {
      const folder = `${root}/samples/CAM_BACK`;
      await Deno.remove(folder, { recursive: true });
      await assert.rejects(take(open({ threads }), 1), {
        name: "DatasetError",
        message: /^Cannot find the image .*\/samples\/CAM_BACK\/.*\.jpg, which/,
      });
      await Deno.mkdir(folder);
      for (const { cams } of await readAllFrames(`${root}/infos.jsonl`)) {
        const path = `${root}/${cams.CAM_BACK.data_path}`;
        await Deno.writeFile(path, new Uint8Array(99));
      }
      await assert.rejects(take(open({ threads }), 1), {
        name: "DatasetError",
        message: /^Cannot decode the image .*\/CAM_BACK\/.*\.jpg: .*archive$/,
      });
    });
  });
}

Deno.test("threads follow cores, and are none where images are cached", () => {
  const { image, feeding } = settings;
  assert.ok(threadsOf({ image, feeding }) >= 1);
  const cached = { ...image, cache_mb: 100 };
  assert.equal(threadsOf({ image: cached, feeding }), 0);
  assert.equal(
    threadsOf({ image: cached, feeding: { ...feeding, threads: 3 } }),
    3,
  );
});
