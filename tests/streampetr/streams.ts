/**
 * The recorded streams of inference and how near to them one must come.
 * @module
 */
import { type HeadConfig, R50_704 } from "../../models/streampetr/config.ts";
import { SMALL } from "../support/detector.ts";

/** A recorded stream. */
export interface Stream {
  fixture: string;
  config: HeadConfig;
  /** Name of the generated images of each frame. */
  images: readonly string[];
  /** Bounds of what depends on the memory, by frame. */
  bounds: readonly number[];
}

/** Three frames near the global origin. */
export const NEAR: Stream = {
  fixture: "e2e_small_near",
  config: SMALL,
  images: [0, 1, 2].map((k) => `e2e/img/scene_n/${k}`),
  bounds: [2e-5, 1e-4, 1e-4],
};

/**
 * Three frames a kilometre from the origin, then a new scene. The reference's
 * own float32 poses are wrong by 1e-4 m there, which the motion code
 * multiplies by 32.
 */
export const FAR: Stream = {
  fixture: "e2e_small_eval",
  config: SMALL,
  images: [
    ...[0, 1, 2].map((k) => `e2e/img/scene_a/${k}`),
    "e2e/img/scene_b/0",
  ],
  bounds: [2e-5, 5e-3, 5e-3, 2e-5],
};

/** Two frames at the published size. */
export const FULL: Stream = {
  fixture: "e2e_full_eval",
  config: {
    ...R50_704,
    queries: 300,
    propagated: 128,
    memory: 512,
    topk: 128,
  },
  images: [0, 1].map((k) => `e2efull/img/scene_l/${k}`),
  bounds: [2e-5, 1e-4],
};
