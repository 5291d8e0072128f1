/**
 * What a network computes and keeps, counted from its own recording.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { exportGraph, type Graph, type Node } from "../../engine/onnx/mod.ts";
import {
  type HeadConfig,
  inferenceStep,
  stepShapes,
  type Tensors,
} from "../../models/mod.ts";
import { buildModel } from "../train/build.ts";
import type { ImageSettings, ModelSettings } from "../train/settings.ts";

/** Counts of a frame of one stream. */
export interface NetworkSize {
  /** Numbers of all parameters and buffers. */
  parameters: number;
  /** Multiplications and additions of convolutions and products. */
  flops: number;
  /** Bytes that all operations of a frame write. */
  written: number;
  /** Of these, bytes of blocks that `with_cp` computes again. */
  again: number;
  /** Bytes of such blocks' results, and of the largest block. */
  blocks: { outputs: number; largest: number };
  head: HeadConfig;
}

/** Operations that write nothing of their own. */
const VIEWS = new Set(["Reshape", "Identity", "Expand", "Cast"]);
/** What with_cp computes again at once: a stage of a ResNet, else a block. */
const BLOCK =
  /^(img_backbone\.layer\d+|img_backbone(?=\.).*?\.\d+|.*decoder\.layers\.\d+)\./;

/**
 * Records a frame's network without weights.
 * @param extra queries beside the settings' own, such as denoising's
 */
export function measureNetwork(
  settings: ModelSettings,
  image: ImageSettings,
  extra = 0,
): NetworkSize {
  const { head: queries } = settings;
  const wider = {
    ...settings,
    head: { ...queries, queries: queries.queries + extra },
  };
  const { detector, head } = buildModel(wider, image);
  const before = tf.getBackend();
  void tf.setBackend("cpu");
  // Or it prints an advertisement.
  (tf.findBackend("cpu") as { firstUse?: boolean }).firstUse = false;
  const params: Tensors = {};
  let parameters = 0;
  for (const [name, { shape }] of Object.entries(detector.params)) {
    // Kernels are HWIO in memory.
    const [o, i, h, w] = shape;
    params[name] = tf.zeros(shape.length === 4 ? [h!, w!, i!, o!] : [...shape]);
    parameters += params[name].size;
  }
  const shapes = stepShapes(head, image);
  const graph = exportGraph(inferenceStep(detector, params), shapes, {
    names: params,
    optimize: false,
  });
  tf.dispose(params);
  if (before) void tf.setBackend(before);
  return { parameters, head, ...countGraph(graph, settings) };
}

/** FLOPs and bytes of a recorded frame. */
export function countGraph(
  { nodes }: Graph,
  settings: Pick<ModelSettings, "backbone" | "head">,
): Pick<NetworkSize, "flops" | "written" | "again" | "blocks"> {
  let [flops, written, sum] = [0, 0, 0];
  const blocks = new Map<string, number[]>();
  for (const node of nodes) {
    flops += flopsOf(node);
    if (VIEWS.has(node.op)) continue;
    const bytes = node.outputs
      .reduce((total, { shape }) => total + 4 * size(shape), 0);
    written += bytes;
    const block = BLOCK.exec(`${node.scope}.`)?.[1];
    if (!block) continue;
    const cp = block.includes("img_backbone")
      ? settings.backbone.with_cp
      : settings.head.with_cp;
    if (!cp) continue;
    sum += bytes;
    blocks.set(block, [...blocks.get(block) ?? [], bytes]);
  }
  const all = [...blocks.values()];
  const outputs = all.reduce((total, each) => total + each.at(-1)!, 0);
  const largest = Math.max(
    0,
    ...all.map((each) => each.reduce((a, b) => a + b, 0)),
  );
  return { flops, written, again: sum, blocks: { outputs, largest } };
}

function flopsOf({ op, inputs, outputs }: Node): number {
  const [, weight] = inputs;
  const y = outputs[0]!;
  if (op === "Conv") return 2 * size(y.shape) * size(weight!.shape.slice(1));
  if (op === "MatMul") return 2 * size(y.shape) * inputs[0]!.shape.at(-1)!;
  return 0;
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
