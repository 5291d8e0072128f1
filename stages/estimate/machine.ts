/**
 * How fast this machine computes, from a second of its own work.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { startTensorFlow } from "../../engine/tensorflow/mod.ts";

/** What a second of work told. */
export interface Machine {
  device: "cpu" | "gpu";
  /** Multiplications and additions a second of a convolution. */
  flops: number;
}

/** An image of ResNet's first stage, the size of half a frame. */
const IMAGES = [3, 64, 176, 64] as const;
const KERNEL = [3, 3, 64, 64] as const;
const FLOPS = 2 * 3 * 64 * 176 * 64 * 3 * 3 * 64;

/** Times convolutions for about a second; TensorFlow is fetched if absent. */
export async function measureMachine(seconds = 1): Promise<Machine> {
  const engine = await startTensorFlow();
  const x = tf.ones<tf.Rank.R4>([...IMAGES]);
  const w = tf.ones<tf.Rank.R4>([...KERNEL]);
  const once = () => tf.tidy(() => tf.conv2d(x, w, 1, "same").max().dataSync());
  once();
  // The fastest: others may be using the cores.
  let fastest = Infinity;
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    once();
    fastest = Math.min(fastest, (performance.now() - start) / 1000);
  } while (performance.now() < end);
  tf.dispose([x, w]);
  return { device: engine.device, flops: FLOPS / fastest };
}
