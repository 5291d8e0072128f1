/**
 * The detector: images through backbone and neck, then the head.
 *
 * Source: Petr3D of the reference (detectors/petr3d.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params, ParamSpecs, Pass } from "../module.ts";
import { mergeParams } from "../nn/mod.ts";
import type { Head, HeadOutputs } from "./head.ts";
import type { DenoisingInputs, FrameInputs, Memory } from "./types.ts";

/** Parts of a detector, built. */
export interface DetectorParts {
  /** Images [B·N, H, W, 3] → maps, fine to coarse. */
  backbone: Module<[tf.Tensor4D, Pass], tf.Tensor4D[]>;
  /**
   * Maps → maps; the first one, of stride 16, is used. null where that is
   * the backbone's own.
   */
  neck: Module<[tf.Tensor4D[]], tf.Tensor4D[]> | null;
  /** Tokens and memory → boxes and the next memory. */
  head: Head;
}

/** A built detector. */
export interface Detector {
  /** Those of all parts, by state_dict name. */
  readonly params: ParamSpecs;
  /** Features of the frame's images, [B, N, h, w, C]. */
  features(params: Params, frame: FrameInputs, pass: Pass): tf.Tensor;
  /** Boxes and memory from features. */
  detect(
    params: Params,
    features: tf.Tensor,
    frame: FrameInputs,
    memory: Memory,
    denoising: DenoisingInputs | null,
    pass: Pass,
    tokens?: tf.Tensor2D | null,
  ): HeadOutputs;
}

/** Puts parts together. */
export function buildDetector(parts: DetectorParts): Detector {
  const { backbone, neck, head } = parts;
  return {
    params: mergeParams(head, backbone, ...(neck ? [neck] : [])),
    features(params, frame, pass) {
      const [B, N] = frame.focal.shape as [number, number];
      const images = frame.images as tf.Tensor4D;
      const maps = backbone.forward(params, images, pass);
      const [map] = neck ? neck.forward(params, maps) : maps;
      const [, h, w, C] = map!.shape;
      return tf.reshape(map!, [B, N, h, w, C]);
    },
    detect: head.forward,
  };
}
