/**
 * Seeded inputs of a training step, the same numbers that the PyTorch peer
 * draws for itself: what matters to a clock is their shapes.
 * @module
 */
import type { Sample } from "../../models/mod.ts";
import { random } from "../../models/mod.ts";
import { inverseAffine } from "../../nusc/loader/mod.ts";
import type { Batch } from "../../stages/train/batch.ts";

/** Shapes of a benchmark's batch. */
export interface BatchSize {
  /** Streams. */
  batch: number;
  /** Cameras of a stream. */
  cameras: number;
  /** Pixels. */
  height: number;
  /** Pixels. */
  width: number;
  /** Objects of a frame; nuScenes has some 25 within the range. */
  objects: number;
}

/** A batch of noise with plausible calibration and objects. */
export function noiseBatch(size: BatchSize, seed: number): Batch {
  const { batch, cameras, height, width } = size;
  const draw = random(`bench/${seed}`);
  const images = new Float32Array(batch * cameras * height * width * 3);
  // A generator is slower than the step: noise of 1 M numbers, repeated.
  const noise = Float32Array.from(
    { length: Math.min(images.length, 1_000_003) },
    () => 4 * draw.uniform() - 2,
  );
  for (let at = 0; at < images.length; at += noise.length) {
    images.set(noise.subarray(0, images.length - at), at);
  }
  const matrices = () => new Float32Array(batch * cameras * 16);
  const [lidarFromImage, imageFromLidar] = [matrices(), matrices()];
  for (let i = 0; i < batch * cameras; i++) {
    const inverse = Float64Array.from(calibration(i % cameras, cameras, size));
    lidarFromImage.set(inverse, i * 16);
    imageFromLidar.set(inverseAffine(inverse), i * 16);
  }
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  return {
    images,
    lidarFromImage,
    imageFromLidar,
    // Poses are but a code: any numbers do.
    cameraFromLidar: matrices().fill(0.1),
    focal: new Float32Array(batch * cameras * 2).fill(0.8 * width),
    currentFromPrevious: Float32Array.from(
      { length: batch * 16 },
      (_, i) => identity[i % 16]!,
    ),
    deltaSeconds: new Float32Array(batch).fill(0.5),
    prevExists: new Float32Array(batch).fill(1),
    frames: Array.from(
      { length: batch },
      () => sample(size, draw.uniform),
    ) as unknown as Batch["frames"],
  };
}

/** Inverse of a pinhole camera's matrix, looking along one of N bearings. */
function calibration(index: number, count: number, size: BatchSize): number[] {
  const focal = 0.8 * size.width;
  const [cx, cy] = [size.width / 2, size.height / 2];
  const yaw = 2 * Math.PI * index / count;
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  // Columns of (u·d, v·d, d, 1) → LiDAR; camera z points along the bearing.
  return [
    ...[s / focal, 0, c - s * cx / focal, c],
    ...[-c / focal, 0, s + c * cx / focal, s],
    ...[0, -1 / focal, cy / focal, 0],
    ...[0, 0, 0, 1],
  ];
}

function sample(size: BatchSize, uniform: () => number): Sample {
  const { objects, cameras, width, height } = size;
  const between = (low: number, high: number) => low + (high - low) * uniform();
  const boxes = Array.from({ length: objects }, () => [
    ...[between(-45, 45), between(-45, 45), between(-2, 0)],
    ...[between(0.5, 5), between(0.5, 2), between(1, 2)],
    ...[between(-3, 3), between(-2, 2), between(-2, 2)],
  ]);
  const label = () => Math.floor(10 * uniform());
  const views = Array.from({ length: cameras }, () => {
    const count = Math.ceil(objects / cameras);
    const rectangles = Array.from({ length: count }, () => {
      const [x, y] = [between(0, 0.8 * width), between(0, 0.8 * height)];
      return [x, y, x + 0.15 * width, y + 0.15 * height];
    });
    return {
      boxes: rectangles,
      labels: rectangles.map(label),
      centers: rectangles.map(([a, b, c, d]) =>
        [(a! + c!) / 2, (b! + d!) / 2] as const
      ),
    };
  });
  return { labels: { boxes, labels: boxes.map(label) }, labels2d: views };
}
