/**
 * Frames from files to network input, in a thread as in training.
 *
 *     ours.ts ROOT
 * @module
 */
import process from "node:process";
import { IMAGENET_RGB, ImagePool, writeImages } from "../../nusc/loader/mod.ts";
import { CAMERAS } from "../../nusc/mod.ts";
import { report } from "../run/report.ts";
import { HEIGHT, imageJobs, WIDTH } from "./jobs.ts";

const FRAMES = 60;

const [root] = Deno.args as [string];
const jobsOf = imageJobs(root);

/** Sum of the bytes behind normalised values. */
function bytesOf(images: Float32Array): number {
  const { mean, std } = IMAGENET_RGB;
  return images.reduce(
    (sum, value, i) => sum + Math.round(value * std[i % 3]! + mean[i % 3]!),
    0,
  );
}

const images = new Float32Array(
  new SharedArrayBuffer(4 * CAMERAS.length * HEIGHT * WIDTH * 3),
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
