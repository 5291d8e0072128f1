/**
 * Peak memory of stages, part by part. The constants are fitted to measured
 * peaks (VmHWM) of bench/step; docs/deployment.md has both.
 * @module
 */
import type { TrainSettings } from "../train/settings.ts";
import { measureNetwork, type NetworkSize } from "./network.ts";

/** Bytes by part. */
export type Parts = Record<string, number>;

/** Both libraries, the runtime, the recorded step. */
const TRAINING = 650e6;
/** Decoded JPEGs and what resizes them; the steps of the warm start. */
const READING = 100e6;
const WARM_START = 100e6;
/**
 * Of the bytes that a forward pass writes, those at the peak: frozen norms
 * keep nothing for the backward pass, batch statistics everything.
 */
const KEPT = { frozen: 0.45, affine: 0.6, statistics: 1, train: 1 } as const;
/** Weights, gradients, two moments, and the new ones beside the old. */
const COPIES = 8;
/** ONNX Runtime and its packed weights; the same with TensorFlow beside it. */
const INFERENCE = { base: 215e6, copies: 2.2, kept: 0.05 };
const EXPORT = { base: 700e6, copies: 7, kept: 0.1 };

/** Settings that training's memory hangs on. */
export type Sized = Pick<
  TrainSettings,
  "model" | "image" | "batch" | "feeding" | "warm_start"
>;

/** Bytes of a training, by part. */
export function trainParts(
  { model, image, batch, feeding, warm_start }: Sized,
  frames: number | null,
): Parts {
  const { denoising } = model;
  const noised = denoising ? denoising.groups * denoising.bucket : 0;
  const size = measureNetwork(model, image, noised);
  const { again, blocks, written, parameters } = size;
  const pixels = 6 * image.height * image.width * 3;
  const cache = Math.min(1e6 * image.cache_mb, (frames ?? Infinity) * pixels);
  const { backbone } = model;
  const kept = KEPT["norm" in backbone ? backbone.norm : "train"];
  return {
    "libraries and recorded step": TRAINING,
    "weights, gradients, moments": COPIES * 4 * parameters,
    "activations": batch *
      (kept * (written - again + blocks.largest) + blocks.outputs),
    "batches read ahead": (feeding.prefetch + 2) * batch * pixels * 4,
    "reading images": READING,
    "warm start": warm_start ? WARM_START : 0,
    "cached images": image.cache_mb > 0 ? cache : 0,
  };
}

/** Bytes of export or inference, by part. */
export function frameParts(
  size: Pick<NetworkSize, "parameters" | "written">,
  kind: "export" | "infer",
): Parts {
  const { base, copies, kept } = kind === "infer" ? INFERENCE : EXPORT;
  return {
    libraries: base,
    weights: copies * 4 * size.parameters,
    activations: kept * size.written,
  };
}

/** All parts together. */
export function total(parts: Parts): number {
  return Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
}
