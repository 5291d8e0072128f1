/**
 * Frames from files to network input, in a thread as in training.
 *
 *     ours.ts ROOT
 * @module
 */
import process from "node:process";
import {
  type ImageJob,
  IMAGENET_RGB,
  ImagePool,
  type View,
  writeImages,
} from "../../nusc/loader/mod.ts";
import { CAMERAS } from "../../nusc/mod.ts";
import { report } from "../run/report.ts";

const FRAMES = 60;
const [HEIGHT, WIDTH] = [256, 704];

const [root] = Deno.args as [string];
const files = CAMERAS.map((camera) =>
  [...Deno.readDirSync(`${root}/samples/${camera}`)]
    .map(({ name }) => `${root}/samples/${camera}/${name}`).sort()
);

/** Scales over the range of training, crops and flips in turn. */
function viewOf(frame: number): View {
  const resize = 0.38 + 0.17 * ((frame * 7) % 20) / 19;
  const resizedWidth = Math.trunc(1600 * resize);
  const resizedHeight = Math.trunc(900 * resize);
  return {
    ...{ resize, resizedWidth, resizedHeight },
    left: Math.trunc(Math.max(0, resizedWidth - WIDTH) / 2),
    top: resizedHeight - HEIGHT,
    ...{ width: WIDTH, height: HEIGHT, flip: frame % 2 === 1, rotate: 0 },
  };
}

function jobsOf(frame: number): ImageJob[] {
  const view = viewOf(frame);
  const size = { width: 1600, height: 900 };
  return files.map((paths) => {
    const path = paths[frame % paths.length]!;
    return { path, ...size, view, normalization: IMAGENET_RGB };
  });
}

/** Sum of the bytes behind normalised values. */
function bytesOf(images: Float32Array): number {
  const { mean, std } = IMAGENET_RGB;
  return images.reduce(
    (sum, value, i) => sum + Math.round(value * std[i % 3]! + mean[i % 3]!),
    0,
  );
}

const images = new Float32Array(
  new SharedArrayBuffer(4 * files.length * HEIGHT * WIDTH * 3),
);
const pool = new ImagePool(1, "pillow");
await report(async () => {
  let sum = 0;
  const cpu: number[] = [];
  for (let frame = 0; frame < FRAMES; frame++) {
    const before = process.cpuUsage();
    await writeImages(pool, jobsOf(frame), images);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
    if (frame % 20 === 0) sum += bytesOf(images);
  }
  const cpuMs = cpu.toSorted((a, b) => a - b)[FRAMES / 2]!;
  return { sum, cpuMs: Math.round(cpuMs * 10) / 10 };
});
pool.close();
