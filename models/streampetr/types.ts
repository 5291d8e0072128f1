/**
 * The values that flow through StreamPETR, with shapes, frames and units.
 *
 * Symbols: B samples, N cameras, T = N·h·w tokens, C channels, Q learned and
 * P propagated queries, M memory rows, K top-k rows, L layers, D denoising
 * rows (groups × bucket).
 *
 * Ego transforms and time differences are formed on the host in float64: the
 * memory lives in the previous frame's LiDAR frame, not in the global one as
 * in the reference, so float32 never sees kilometre coordinates.
 * @module
 */
import type { Tensor } from "@tensorflow/tfjs-core";

/** One frame of B streams, ready for the network. */
export interface FrameInputs {
  /** [B·N, H, W, 3], normalised, camera index fastest after batch. */
  images: Tensor;
  /** [B, N, 4, 4] inverse of the augmented lidar2img: (u·d, v·d, d, 1) → LiDAR metres. */
  lidarFromImage: Tensor;
  /** [B, N, 2] augmented focal lengths fx, fy in pixels (fx may be negative after a flip). */
  focal: Tensor;
  /** [B, 4, 4] current LiDAR frame from the previous frame's (augmentations included). */
  currentFromPrevious: Tensor;
  /** [B] seconds since the previous frame of the stream. */
  deltaSeconds: Tensor;
  /** [B] 1 where the memory belongs to the same scene, else 0. */
  prevExists: Tensor;
  /** [B, N, 4, 4] inverse of lidarFromImage; for heads that project. */
  imageFromLidar?: Tensor;
  /** [B, N, 4, 4] poses of the cameras, without any augmentation; likewise. */
  cameraFromLidar?: Tensor;
}

/**
 * The memory queue after a frame, newest rows first; M + K rows (the next
 * frame cuts it to M after its own transform, as the reference does).
 */
export interface Memory {
  /** [B, M+K, C] */
  embedding: Tensor;
  /** [B, M+K, 3] metres in the LiDAR frame of the frame that wrote the state. */
  referencePoint: Tensor;
  /** [B, M+K, 1] seconds before that frame (≥ 0). */
  timestamp: Tensor;
  /** [B, M+K, 4, 4] that frame's LiDAR frame from the row's own frame. */
  egoPose: Tensor;
  /** [B, M+K, 2] m/s in the row's own LiDAR frame (never rotated). */
  velocity: Tensor;
}

/** Denoising queries of a training step, prepared on the host. */
export interface DenoisingInputs {
  /** [B, D, 3] noised centres in [0, 1] of pc_range; padding rows are 0. */
  referencePoints: Tensor;
  /**
   * [D+Q+P, D+Q+M] additive attention mask, 0 = visible, -1e9 = blocked
   * (columns: denoising | learned | propagated | rest of the memory).
   */
  mask: Tensor;
}

/** Raw predictions of all decoder layers, denoising rows first. */
export interface Predictions {
  /** [L, B, D+Q+P, classes] logits. */
  classScores: Tensor;
  /**
   * [L, B, D+Q+P, 10]: cx, cy, cz (gravity centre, metres, LiDAR frame),
   * log l, log w, log h, sin yaw, cos yaw, vx, vy (m/s).
   */
  boxCodes: Tensor;
}
