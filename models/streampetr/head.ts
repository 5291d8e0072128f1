/**
 * The StreamPETR head: tokens and memory in, boxes and new memory out.
 *
 * Source: StreamPETRHead.forward of the reference (dense_heads/
 * streampetr_head.py), whose losses are in loss.ts.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Module, ParamSpecs, Pass } from "../module.ts";
import { inverseSigmoid, layerNorm, linear, mergeParams } from "../nn/mod.ts";
import { checkHead, type HeadConfig, rangeOf } from "./config.ts";
import { finite } from "./finite.ts";
import { memoryParams, recall, remember } from "./memory.ts";
import { depthBins, tokenEncoder } from "./position.ts";
import { type Queries, queryMaker } from "./queries.ts";
import { decoder } from "./transformer.ts";
import type {
  DenoisingInputs,
  FrameInputs,
  Memory,
  Predictions,
} from "./types.ts";

/** What the head gives. */
export interface HeadOutputs {
  predictions: Predictions;
  /** For the next frame; no gradient belongs through it. */
  memory: Memory;
  /** Intermediate results, for comparison with the reference. */
  debug: Record<string, tf.Tensor>;
}

/** A built head; features are [B, N, h, w, C]. */
export type Head = Module<
  [
    tf.Tensor,
    FrameInputs,
    Memory,
    DenoisingInputs | null,
    Pass,
    /** [B, k] indices of the tokens to attend to; null for all. */
    (tf.Tensor2D | null)?,
  ],
  HeadOutputs
>;

/**
 * Builds the head.
 * @throws {RangeError} when the sizes of the config do not fit together.
 */
export function buildHead(config: HeadConfig): Head {
  checkHead(config);
  const tokens = tokenEncoder(config);
  const queries = queryMaker(config);
  const layers = decoder(config);
  const classify = classBranch(config);
  const regress = boxBranch(config);
  return {
    params: mergeParams(
      constants(config),
      classify,
      regress,
      tokens,
      memoryParams(config),
      queries,
      layers,
    ),
    forward(params, features, frame, memory, denoising, pass, kept) {
      const seen = recall(config, params, frame, memory);
      const image = tokens.forward(params, features, frame, kept);
      const asked = queries.forward(params, seen, denoising);
      const { raw, normed } = layers.forward(params, {
        queries: asked.content,
        queryPosition: asked.position,
        memory: asked.memory,
        memoryPosition: asked.memoryPosition,
        tokens: image.memory,
        tokenPosition: image.position,
        mask: denoising?.mask,
      }, pass);
      // Training must see NaN: a loss of zeros would hide that it diverged.
      const stacked = pass.training
        ? tf.stack(normed)
        : finite(tf.stack(normed));
      const predictions: Predictions = {
        classScores: classify.forward(params, stacked),
        boxCodes: toMetres(
          config,
          regress.forward(params, stacked),
          asked.referencePoints,
        ),
      };
      const rows = config.queries + config.propagated;
      const last = (x: tf.Tensor) => lastRows(x, rows);
      return {
        predictions,
        memory: remember(config, seen, {
          classScores: last(predictions.classScores),
          boxCodes: last(predictions.boxCodes),
          embedding: last(stacked),
        }),
        debug: { ...image.debug, ...debugOf(asked, raw), outputs: stacked },
      };
    },
  };
}

function debugOf(
  { content, position, ...rest }: Queries,
  raw: readonly tf.Tensor[],
): Record<string, tf.Tensor> {
  const layers = raw.map((x, i) => [`layer${i}`, x] as const);
  return {
    queryContent: content,
    queryPosition: position,
    ...rest,
    ...Object.fromEntries(layers),
  };
}

/** Last layer, without denoising rows: [L, B, n, c] → [B, rows, c]. */
function lastRows(x: tf.Tensor, rows: number): tf.Tensor {
  const [L, B, n, c] = x.shape as [number, number, number, number];
  const part = tf.slice(x, [L - 1, 0, n - rows, 0], [1, B, rows, c]);
  return tf.reshape(part, [B, rows, c]);
}

/** Centres relative to reference points → metres; the other codes as they are. */
function toMetres(
  config: HeadConfig,
  codes: tf.Tensor,
  referencePoints: tf.Tensor,
): tf.Tensor {
  const [offset, rest] = tf.split(codes, [3, codes.shape.at(-1)! - 3], -1);
  const { minimum, extent } = rangeOf(config.pcRange);
  const center = tf.sigmoid(tf.add(offset!, inverseSigmoid(referencePoints)));
  return tf.concat([tf.add(tf.mul(center, extent), minimum), rest!], -1);
}

type Branch = Module<[tf.Tensor], tf.Tensor>;

/** Copies of a branch in a state dict, however many layers there are. */
const COPIES = 6;

/** Other names under which the layers' one shared branch is stored. */
function shared(
  config: HeadConfig,
  kind: string,
  specs: ParamSpecs,
): ParamSpecs {
  const first = `${config.name}.${kind}.0.`;
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const part = name.slice(first.length);
      const aliases = Array.from(
        { length: COPIES - 1 },
        (_, i) => `${config.name}.${kind}.${i + 1}.${part}`,
      );
      return [name, { ...spec, aliases }];
    }),
  );
}

/** (Linear, LN, ReLU) twice, then a linear layer to the classes. */
function classBranch(config: HeadConfig): Branch {
  const { embedDims: C } = config;
  const name = `${config.name}.cls_branches.0`;
  const hidden = [linear(`${name}.0`, C, C), linear(`${name}.3`, C, C)];
  const norms = [layerNorm(`${name}.1`, C), layerNorm(`${name}.4`, C)];
  // The probability of every class starts at 1 %.
  const last = linear(`${name}.6`, C, config.classes, {
    biasInit: { kind: "constant", value: -Math.log(99) },
  });
  const specs = mergeParams(hidden[0]!, norms[0]!, hidden[1]!, norms[1]!, last);
  return {
    params: shared(config, "cls_branches", specs),
    forward(params, x) {
      let y = x;
      hidden.forEach((layer, i) => {
        y = tf.relu(norms[i]!.forward(params, layer.forward(params, y)));
      });
      return last.forward(params, y);
    },
  };
}

/** (Linear, ReLU) twice, then a linear layer to the ten codes. */
function boxBranch(config: HeadConfig): Branch {
  const { embedDims: C } = config;
  const name = `${config.name}.reg_branches.0`;
  const hidden = [linear(`${name}.0`, C, C), linear(`${name}.2`, C, C)];
  const last = linear(`${name}.4`, C, config.codeWeights.length);
  return {
    params: shared(
      config,
      "reg_branches",
      mergeParams(...hidden, last),
    ),
    forward(params, x) {
      let y = x;
      for (const layer of hidden) y = tf.relu(layer.forward(params, y));
      return last.forward(params, y);
    },
  };
}

/** Numbers that the reference keeps in the state dict. */
function constants(config: HeadConfig): ParamSpecs {
  const { name, codeWeights, pcRange, positionRange } = config;
  const fixed = (values: readonly number[]) => ({
    shape: [values.length],
    init: { kind: "values" as const, values },
    trainable: false,
  });
  return {
    [`${name}.code_weights`]: fixed(codeWeights),
    [`${name}.match_costs`]: fixed(codeWeights),
    [`${name}.pc_range`]: fixed(pcRange),
    [`${name}.position_range`]: fixed(positionRange),
    [`${name}.coords_d`]: fixed(depthBins(config)),
  };
}
