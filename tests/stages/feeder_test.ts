/**
 * Batches do not depend on threads, prefetch or interruptions.
 */
import assert from "node:assert/strict";
import {
  createFrames,
  type FrameInfo,
  openDataset,
  readAllFrames,
  writeFrames,
} from "../../nusc/mod.ts";
import {
  GroupSampler,
  sequenceGroups,
  type Slots,
  type WindowOptions,
  WindowSampler,
} from "../../nusc/loader/mod.ts";
import { generateWorld } from "../../nusc/world/mod.ts";
import { frameConfig } from "../../stages/train/artifact.ts";
import {
  type Batch,
  poseOf,
  type StreamPose,
} from "../../stages/train/batch.ts";
import { streamFrames } from "../../stages/infer/stream.ts";
import { Feeder, threadsOf } from "../../stages/train/feeder.ts";
import { openSource } from "../../stages/train/source.ts";
import { trainSettings } from "../../stages/train/settings.ts";
import { TINY } from "../world/support.ts";

const settings = trainSettings.parse({
  image: { height: 32, width: 64, resize: [0.38, 0.55], rotation: [-3, 3] },
  augmentation: { mirror: 0.5 },
});

type Open = (options: {
  threads: number;
  prefetch?: number;
  lend?: number;
  window?: WindowOptions;
  slots?: Slots;
}) => Feeder;

const worlds: string[] = [];

/** A world of two scenes of three frames, made once. */
async function tinyWorld(): Promise<string> {
  if (worlds.length === 0) {
    const root = await Deno.makeTempDir({ prefix: "feeder-" });
    worlds.push(root);
    addEventListener("unload", () => {
      Deno.removeSync(root, { recursive: true });
    });
    await generateWorld(root, TINY);
    const dataset = openDataset(root);
    const rows = [...dataset.samples.rows.keys()];
    const frames = createFrames(dataset, rows);
    await writeFrames(`${root}/infos.jsonl`, frames);
  }
  return worlds[0]!;
}

/** Feeders of two streams over that world. */
async function withFeeders(
  work: (open: Open, frames: FrameInfo[], root: string) => Promise<void>,
): Promise<void> {
  const root = await tinyWorld();
  const frames = await readAllFrames(`${root}/infos.jsonl`);
  const groups = sequenceGroups(frames, 1);
  const { image, model, augmentation } = settings;
  const config = frameConfig(image, model, augmentation);
  const open: Open = ({ window, slots, ...options }) => {
    const sampler = window
      ? new WindowSampler(frames, window)
      : new GroupSampler(groups, 2, 0, slots);
    const fixed = { root, frames, config, sampler, seed: 5, cacheBytes: 0 };
    return new Feeder({ ...fixed, prefetch: 2, ...options });
  };
  await work(open, frames, root);
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

Deno.test("single frames without ground truth are not learned from, if so asked", async () => {
  await withFeeders(async (_, frames, root) => {
    // Points in one frame alone make its boxes the only ground truth.
    const infos = frames.map((info, i) => ({
      ...info,
      valid_flag: info.valid_flag.map((valid) => valid && i === 2),
    }));
    const draw = async (filter_empty: boolean) => {
      const chosen = trainSettings.parse({
        ...settings,
        sequence_split: "all",
        filter_empty,
        feeding: { threads: 0, prefetch: 1 },
      });
      const { image, model, augmentation } = chosen;
      const config = frameConfig(image, model, augmentation);
      const groups = sequenceGroups(infos, "all");
      const drawn = { root, infos, groups, config, cores: 1 };
      const own = { first: 0, count: 2 };
      const source = openSource(chosen, { ...drawn, own }, 2, 0, []);
      const seen = [await source.next(), await source.next()];
      await source.close();
      return seen.flatMap((batch) =>
        batch.frames.map(({ info }) => info.token)
      );
    };
    assert.ok(new Set(await draw(false)).size > 1);
    assert.deepEqual(new Set(await draw(true)), new Set([infos[2]!.token]));
  });
});

Deno.test("two processes feed the batch of one", async () => {
  await withFeeders(async (open) => {
    const wanted = await take(open({ threads: 1 }), 4);
    const shares = await Promise.all(
      [0, 1].map((first) =>
        take(open({ threads: 0, slots: { first, count: 1 } }), 4)
      ),
    );
    wanted.forEach(({ images, lidarFromImage, frames }, i) => {
      const [a, b] = [shares[0]![i]!, shares[1]![i]!];
      assert.deepEqual([...a.images, ...b.images], [...images]);
      assert.deepEqual(
        [...a.lidarFromImage, ...b.lidarFromImage],
        [...lidarFromImage],
      );
      assert.deepEqual([...a.frames, ...b.frames], frames);
    });
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
    await withFeeders(async (open, frames, root) => {
      const paths = frames.map(({ cams }) => cams.CAM_BACK.data_path);
      // Frames are read from the files that they name.
      for (const { cams } of frames) cams.CAM_BACK.data_path = "nowhere.jpg";
      await assert.rejects(take(open({ threads }), 1), {
        name: "DatasetError",
        message: /^Cannot find the image .*\/nowhere\.jpg, which/,
      });
      await Deno.writeFile(`${root}/damaged.jpg`, new Uint8Array(99));
      for (const { cams } of frames) cams.CAM_BACK.data_path = "damaged.jpg";
      await assert.rejects(take(open({ threads }), 1), {
        name: "DatasetError",
        message:
          /^Cannot decode the image .*\/damaged\.jpg: Found no JPEG header .*archive$/,
      });
      await Deno.writeFile(
        `${root}/damaged.jpg`,
        Deno.readFileSync(`${root}/${paths[0]}`).subarray(0, -99),
      );
      await assert.rejects(take(open({ threads }), 1), {
        name: "DatasetError",
        message:
          /^Cannot decode the image .*\/damaged\.jpg: Found no end of a JPEG/,
      });
    });
  });
}

Deno.test("a stream of frames is the same by threads, and ends when left", async () => {
  await withFeeders(async (_, frames, root) => {
    const config = frameConfig(settings.image, settings.model);
    const all = (threads: number) =>
      Array.fromAsync(streamFrames(frames, root, config, threads));
    const wanted = await all(0);
    assert.equal(wanted.length, frames.length);
    assert.ok(wanted.every(({ batch }) => batch.images.some((v) => v > 0)));
    const found = await all(2);
    assert.deepEqual(found, wanted);
    for (const { batch } of found) {
      assert.ok(!(batch.images.buffer instanceof SharedArrayBuffer));
    }
    for await (const { info } of streamFrames(frames, root, config, 2)) {
      assert.equal(info.token, frames[0]!.token);
      break;
    }
  });
});

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
