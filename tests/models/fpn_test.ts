/** FPN with more levels than inputs against PyTorch. @module */
import * as tf from "@tensorflow/tfjs-core";
import { fpn } from "../../models/fpn.ts";
import { useTensorFlow } from "../support/backend.ts";
import { openVariant, signedMap, variantParams } from "../support/variants.ts";

await useTensorFlow();

Deno.test("levels of the inputs and two beyond them", async () => {
  const golden = await openVariant("fpn");
  const neck = fpn("img_neck", {
    inChannels: [12, 16, 20],
    channels: 8,
    outputs: 5,
  });
  const params = variantParams(neck.params);
  tf.tidy(() => {
    const maps = [[1, 12, 20, 36], [1, 16, 10, 18], [1, 20, 5, 9]]
      .map((shape, i) => signedMap(`fpn/map${i}`, shape));
    neck.forward(params, maps).forEach((level, i) => {
      golden.check(`level${i}`, tf.transpose(level, [0, 3, 1, 2]), 1e-5);
    });
  });
  tf.dispose(params);
});
