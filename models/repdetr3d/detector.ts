/**
 * The detector: images through backbone and neck, all maps to the head.
 *
 * Source: RepDetr3D of StreamPETR (detectors/repdetr3d.py).
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { mergeParams } from "../nn/mod.ts";
import type { Detector, DetectorParts } from "../streampetr/detector.ts";

/**
 * Puts parts together; features are [B, N, T, C], the cells of all maps of
 * an image one after the other.
 */
export function buildRepDetr(parts: DetectorParts): Detector {
  const { backbone, neck, head } = parts;
  return {
    params: mergeParams(head, backbone, ...(neck ? [neck] : [])),
    features(params, frame, pass) {
      const [B, N] = frame.focal.shape as [number, number];
      const images = frame.images as tf.Tensor4D;
      const seen = backbone.forward(params, images, pass);
      const maps = neck ? neck.forward(params, seen) : seen;
      const cells = maps.map((map) => {
        const [, h, w, C] = map.shape;
        return tf.reshape(map, [B, N, h * w, C]);
      });
      return tf.concat(cells, 2);
    },
    detect: head.forward,
  };
}
