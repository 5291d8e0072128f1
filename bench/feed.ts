/**
 * Six camera images of 1600x900, from JPEG files to network input of 256x704:
 * decode, resize, crop, flip, normalise. Milliseconds of one core.
 *
 *   deno run -A bench/feed.ts [dataset folder]
 *
 * The peer, where `python` (or $PYTHON) has Pillow and NumPy, does the same
 * steps as the reference's loader does them.
 * @module
 */
import process from "node:process";
import {
  describeFrame,
  type FrameConfig,
  imageJobs,
  IMAGENET_RGB,
  ImagePool,
  ImageReader,
  type ImageWriter,
  randomFor,
  type Resample,
  trainAugmentation,
  writeImages,
} from "../nusc/loader/mod.ts";
import { createFrames, type FrameInfo, openDataset } from "../nusc/mod.ts";
import { generateWorld } from "../nusc/world/mod.ts";

const ROUNDS = 25;
const NUMBERS = 6 * 256 * 704 * 3;

const CONFIG: FrameConfig = {
  view: {
    height: 256,
    width: 704,
    resizeLim: [0.38, 0.55],
    bottomCrop: [0, 0],
    flip: 0.5,
  },
  normalization: IMAGENET_RGB,
  resample: "pillow",
  range: [-51.2, -51.2, -5, 51.2, 51.2, 3],
  rotation: 0.3925,
  scale: [0.95, 1.05],
  mirror: 0,
  photometric: 0,
};

/** A world of its own, or the first frames of a dataset. */
async function framesOf(root: string): Promise<FrameInfo[]> {
  const dataset = openDataset(root);
  const rows = [...dataset.samples.rows.keys()].slice(0, ROUNDS);
  return await Array.fromAsync(createFrames(dataset, rows, { maxSweeps: 0 }));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Median milliseconds a frame: of all cores together, and on the clock. */
async function measure(
  work: (round: number) => Promise<void>,
): Promise<{ cpu: number; wall: number }> {
  const cpu: number[] = [];
  const wall: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const used = process.cpuUsage();
    const start = performance.now();
    await work(round);
    wall.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
  }
  return { cpu: median(cpu), wall: median(wall) };
}

function reading(
  root: string,
  frames: FrameInfo[],
  writer: ImageWriter,
  out: Float32Array,
): (round: number) => Promise<void> {
  return async (round) => {
    const info = frames[round % frames.length]!;
    const random = randomFor(round);
    const drawn = trainAugmentation(CONFIG, info, random, random);
    const frame = describeFrame(info, CONFIG, drawn);
    await writeImages(writer, imageJobs(root, frame, CONFIG), out);
  };
}

function report(name: string, { cpu, wall }: { cpu: number; wall: number }) {
  const figures = [cpu, wall].map((ms) => ms.toFixed(1).padStart(8));
  console.log(`${name.padEnd(34)}${figures.join("")}`);
}

async function main(root: string): Promise<void> {
  const frames = await framesOf(root);
  console.log(`${"six images, ms".padEnd(34)}     cpu    wall`);
  for (const resample of ["pillow", "sharp"] satisfies Resample[]) {
    const reader = new ImageReader({ resample, cacheBytes: 0 });
    const out = new Float32Array(NUMBERS);
    const work = reading(root, frames, reader, out);
    report(`this thread, ${resample}'s filter`, await measure(work));
  }
  for (const threads of [1, 2]) {
    const pool = new ImagePool(threads, "pillow");
    const out = new Float32Array(new SharedArrayBuffer(4 * NUMBERS));
    const work = reading(root, frames, pool, out);
    report(`${threads} threads, pillow's filter`, await measure(work));
    pool.close();
  }
  await peer(root, frames);
}

/** The reference's steps in Python, on the same files. */
async function peer(root: string, frames: FrameInfo[]): Promise<void> {
  const files = frames.map(({ cams }) =>
    Object.values(cams).map(({ data_path }) => `${root}/${data_path}`)
  );
  const python = Deno.env.get("PYTHON") ?? "python";
  const script = new URL("feed.py", import.meta.url).pathname;
  const child = await new Deno.Command(python, {
    args: [script, JSON.stringify(files.slice(0, ROUNDS))],
    stderr: "null",
  }).output().catch(() => null);
  if (!child?.success) {
    console.log(`Python with Pillow and NumPy: not found as ${python}`);
    return;
  }
  report("Python", JSON.parse(new TextDecoder().decode(child.stdout)));
}

if (import.meta.main) {
  const [given] = Deno.args;
  const root = given ?? await Deno.makeTempDir({ prefix: "feed-" });
  try {
    if (!given) {
      console.log("generating images …");
      await generateWorld(root, {
        trainScenes: 1,
        valScenes: 0,
        trainFrames: 8,
        width: 1600,
        height: 900,
      });
    }
    await main(root);
  } finally {
    if (!given) await Deno.remove(root, { recursive: true });
  }
}
