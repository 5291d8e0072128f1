/**
 * The arrays of one training iteration, and how they follow from frames.
 * @module
 */
import {
  type Frame,
  inverseAffine,
  type Matrix4,
  multiply,
} from "../../nusc/loader/mod.ts";

/** The arrays alone, by name. */
export function arraysOf(
  { frames: _, before: __, ...arrays }: Batch,
): Record<string, Float32Array> {
  return arrays;
}

/** Where a stream stood after a frame: what the next frame's memory needs. */
export interface StreamPose {
  /** Global frame from the (augmented) LiDAR frame. */
  globalFromLidar: Matrix4;
  /** Microseconds. */
  timestampUs: number;
}

/** The arrays of one iteration over B streams and N cameras. */
export interface Batch {
  /** [B·N, H, W, 3] */
  images: Float32Array;
  /** [B, N, 4, 4] */
  lidarFromImage: Float32Array;
  /** [B, N, 4, 4] */
  imageFromLidar: Float32Array;
  /** [B, N, 4, 4] */
  cameraFromLidar: Float32Array;
  /** [B, N, 2] */
  focal: Float32Array;
  /** [B, 4, 4] */
  currentFromPrevious: Float32Array;
  /** [B] */
  deltaSeconds: Float32Array;
  /** [B] */
  prevExists: Float32Array;
  /**
   * The frames behind the arrays, with their ground truth; with several
   * processes, those of the whole global batch.
   */
  frames: Frame[];
  /** Earlier frames of the same clips, oldest first; only with windows. */
  before?: Batch[];
}

/** What the next frame of a stream needs to know of this one. */
export function poseOf(frame: Frame): StreamPose {
  return {
    globalFromLidar: frame.geometry.globalFromLidar,
    timestampUs: frame.info.timestamp,
  };
}

/** Numbers in the images of frames. */
export function imageLength(frames: readonly Frame[]): number {
  const { geometry, augmentation: { view } } = frames[0]!;
  return frames.length * geometry.focal.length * view.height * view.width * 3;
}

/** Matrices of the cameras, of which a network takes those it is made for. */
const MATRICES = [
  "lidarFromImage",
  "imageFromLidar",
  "cameraFromLidar",
] as const;

/**
 * Geometry arrays of a batch, a frame a stream; images are still to be
 * written.
 * @param previous where each stream's last frame was, if there was one
 */
export function assemble(
  frames: Frame[],
  draws: readonly { prevExists: boolean }[],
  previous: readonly (StreamPose | undefined)[],
  images: Float32Array = new Float32Array(imageLength(frames)),
): Batch {
  const B = frames.length;
  const N = frames[0]!.geometry.focal.length;
  const batch: Batch = {
    images,
    lidarFromImage: new Float32Array(B * N * 16),
    imageFromLidar: new Float32Array(B * N * 16),
    cameraFromLidar: new Float32Array(B * N * 16),
    focal: new Float32Array(B * N * 2),
    currentFromPrevious: new Float32Array(B * 16),
    deltaSeconds: new Float32Array(B),
    prevExists: new Float32Array(B),
    frames,
  };
  frames.forEach(({ geometry, info }, b) => {
    for (const name of MATRICES) {
      geometry[name].forEach((matrix, n) => {
        batch[name].set(matrix, (b * N + n) * 16);
      });
    }
    batch.focal.set(geometry.focal.flat(), b * N * 2);
    const before = draws[b]!.prevExists ? previous[b] : undefined;
    batch.prevExists[b] = before ? 1 : 0;
    batch.currentFromPrevious.set(
      before
        ? multiply(geometry.lidarFromGlobal, before.globalFromLidar)
        : multiply(
          geometry.lidarFromGlobal,
          inverseAffine(geometry.lidarFromGlobal),
        ),
      b * 16,
    );
    batch.deltaSeconds[b] = before
      ? (info.timestamp - before.timestampUs) / 1e6
      : 0;
  });
  return batch;
}
