/**
 * Position embedding of image tokens: the points of each token's viewing ray.
 *
 * Source: paper section 3.2 (PETR's 3D position embedding) and
 * StreamPETRHead.position_embeding of the reference.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, Params } from "../module.ts";
import { inverseSigmoid, mergeParams } from "../nn/mod.ts";
import { CONE_BIN_FROM_END, type HeadConfig, rangeOf } from "./config.ts";
import { gatherTokens } from "./focal/tokens.ts";
import { gate, motionNorm, twoLayers } from "./modulation.ts";
import type { FrameInputs } from "./types.ts";

/** Tokens ready for cross-attention, with what led to them. */
export interface Tokens {
  /** [B, T, C] values of cross-attention. */
  memory: tf.Tensor;
  /** [B, T, C] added to the keys. */
  position: tf.Tensor;
  /** Intermediate results, for comparison with the reference. */
  debug: Record<string, tf.Tensor>;
}

/** Linear-increasing depths of the bins, metres [D]. */
export function depthBins(config: HeadConfig): number[] {
  const { depthBins: D, depthStart, positionRange } = config;
  const size = (positionRange[3]! - depthStart) / (D * (1 + D));
  return Array.from({ length: D }, (_, i) => depthStart + size * i * (i + 1));
}

/** Homogeneous pixels times depth of all rays of one camera, [4, h·w·D]. */
function rays(config: HeadConfig, h: number, w: number): tf.Tensor2D {
  const depths = depthBins(config);
  const columns = h * w * depths.length;
  const out = new Float32Array(4 * columns);
  let at = 0;
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      for (const depth of depths) {
        const scale = Math.max(depth, 1e-5);
        out[at] = (j + 0.5) * config.stride * scale;
        out[columns + at] = (i + 0.5) * config.stride * scale;
        out[2 * columns + at] = depth;
        out[3 * columns + at] = 1;
        at++;
      }
    }
  }
  return tf.tensor2d(out, [4, columns]);
}

/**
 * Points along the rays of all tokens, in position_range's units (not
 * clamped), [B, N·h·w, 3·D], depth-major.
 */
export function frustum(
  config: HeadConfig,
  lidarFromImage: tf.Tensor,
  h: number,
  w: number,
): tf.Tensor {
  const [B, N] = lidarFromImage.shape as [number, number];
  const D = config.depthBins;
  const flat = tf.reshape(lidarFromImage, [B * N * 4, 4]) as tf.Tensor2D;
  const points = tf.reshape(tf.matMul(flat, rays(config, h, w)), [
    B * N,
    4,
    h * w * D,
  ]);
  const xyz = tf.transpose(
    tf.slice(points, [0, 0, 0], [B * N, 3, h * w * D]),
    [0, 2, 1],
  );
  const { minimum, extent } = rangeOf(config.positionRange);
  const inRange = tf.div(tf.sub(xyz, minimum), extent);
  return tf.reshape(inRange, [B, N * h * w, D * 3]);
}

/**
 * [B, T, 8]: |fx|, |fy| in 1000 pixels and two points of the ray.
 *
 * The reference tiles the focal lengths with the camera index cycling
 * fastest while tokens are camera-major: token t has those of camera t mod N.
 * Published weights were trained so.
 */
export function cone(points: tf.Tensor, focal: tf.Tensor): tf.Tensor {
  const [B, T, width] = points.shape as [number, number, number];
  const N = focal.shape[1]!;
  const repeated = tf.mul(
    tf.reshape(tf.div(tf.abs(focal), 1000), [B, 1, N, 2]),
    tf.ones([1, T / N, 1, 1]),
  );
  const point = (from: number) => tf.slice(points, [0, 0, from], [B, T, 3]);
  return tf.concat([
    tf.reshape(repeated, [B, T, 2]),
    point(width - 3),
    point(width - 3 * CONE_BIN_FROM_END),
  ], -1);
}

/** Makes tokens of image features. */
export interface TokenEncoder
  extends Module<[tf.Tensor, FrameInputs, (tf.Tensor2D | null)?], Tokens> {
  /**
   * Places token contents [B, T, C] on the rays of a map of h × w cells, or
   * on those of the tokens at indices [B, T].
   */
  place(
    params: Params,
    content: tf.Tensor,
    frame: FrameInputs,
    size: { h: number; w: number },
    chosen?: tf.Tensor2D | null,
  ): Tokens;
}

/**
 * Image features [B, N, h, w, C] → {@link Tokens}, T = N·h·w, or only those
 * at indices [B, k].
 */
export function tokenEncoder(config: HeadConfig): TokenEncoder {
  const { name, embedDims: C, depthBins: D } = config;
  const encoder = twoLayers(`${name}.position_encoder`, 3 * D, 4 * C, C);
  const { inChannels = C } = config;
  const embed = twoLayers(`${name}.memory_embed`, inChannels, C, C);
  const align = motionNorm(`${name}.spatial_alignment`, 8, C);
  const featurize = gate(`${name}.featurized_pe`, C);
  const place: TokenEncoder["place"] = (params, content, frame, size, kept) => {
    const all = frustum(config, frame.lidarFromImage, size.h, size.w);
    const points = pick(all, kept);
    const encoderInput = inverseSigmoid(points);
    const posEmbed = encoder.forward(params, encoderInput);
    const rayCone = pick(cone(all, frame.focal), kept);
    const memory = align.forward(params, content, rayCone);
    const position = featurize.forward(params, posEmbed, memory);
    const debug = { encoderInput, posEmbed, cone: rayCone };
    return {
      memory,
      position,
      debug: { ...debug, tokens: memory, tokenPosition: position },
    };
  };
  return {
    params: mergeParams(encoder, embed, align, featurize),
    place,
    forward(params, features, frame, chosen) {
      const [B, N, h, w] = features.shape as [number, number, number, number];
      const flat = tf.reshape(features, [B, N * h * w, inChannels]);
      const embedded = embed.forward(params, pick(flat, chosen));
      const tokens = place(params, embedded, frame, { h, w }, chosen);
      return { ...tokens, debug: { ...tokens.debug, embedded } };
    },
  };
}

/** Rows [B, T, c] at indices [B, k], or all of them. */
function pick(x: tf.Tensor, chosen?: tf.Tensor2D | null): tf.Tensor {
  return chosen ? gatherTokens(x as tf.Tensor3D, chosen) : x;
}
