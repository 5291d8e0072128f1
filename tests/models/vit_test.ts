/** EVA-02 against recorded runs of the original. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { exportOnnx, openSession } from "../../engine/onnx/mod.ts";
import { INFERENCE, type Params } from "../../models/module.ts";
import { resizePosition } from "../../models/vit/position.ts";
import {
  checkVit,
  EVA02_LARGE,
  type PyramidConfig,
  vit,
  type VitConfig,
} from "../../models/vit/mod.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  normAndSum,
  openVariant,
  signedMap,
  variantParams,
} from "../support/variants.ts";

await useTensorFlow();

/** The recorded network: 4 × 7 tokens in windows of 4 and 5. */
const TOY: VitConfig = {
  name: "img_backbone",
  patch: 16,
  width: 64,
  depth: 3,
  heads: 4,
  window: 4,
  globalWindow: 5,
  windowBlocks: [0, 2],
  pretrainedSide: 48,
  pretrainedWindow: 16,
  dropPath: 0.3,
};
const PYRAMID: PyramidConfig = { channels: 32, scales: [4, 2, 1, 0.5] };
const IMAGES = [2, 3, 64, 112];
const nchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);

Deno.test("EVA-02's tokens, levels and rotary tables", async () => {
  const golden = await openVariant("vit");
  const network = vit(TOY, PYRAMID);
  const params = variantParams(network.params);
  tf.tidy(() => {
    const images = signedMap("vit/img", IMAGES, 2);
    const levels = network.forward(params, images, INFERENCE);
    levels.forEach((x, i) => {
      golden.check(`level${i}`, nchw(x), 2e-5);
      assert.equal(x.shape[3], network.channels[i]);
      assert.equal(x.shape[2], Math.floor(112 / network.strides[i]!));
    });
    for (const depth of [1, 2, 3]) {
      const [tokens] = vit({ ...TOY, depth }).forward(
        params,
        images,
        INFERENCE,
      );
      golden.check(`block${depth - 1}`, tokens!, 1e-5);
    }
    const embedding = params["img_backbone.pos_embed"]!;
    golden.check("position", resizePosition(embedding, 4, 7), 5e-6);
    for (const table of ["rope_win.freqs_cos", "rope_glb.freqs_sin"]) {
      golden.check(table, params[`img_backbone.${table}`]!, 1e-6);
    }
  });
  tf.dispose(params);
});

Deno.test("EVA-02's gradients, of the images and all parameters", async () => {
  const golden = await openVariant("vit");
  const network = vit(TOY, PYRAMID);
  const params = variantParams(network.params);
  const names = Object.keys(network.params)
    .filter((name) => network.params[name]!.trainable);
  assert.deepEqual(
    names.map((name) => `gradnorm/${name}`).sort(),
    golden.keys().filter((key) => key.startsWith("gradnorm/")).sort(),
  );
  tf.tidy(() => {
    const images = signedMap("vit/img", IMAGES, 2);
    const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
      const moved: Params = {
        ...params,
        ...Object.fromEntries(names.map((name, i) => [name, inputs[i]!])),
      };
      const x = inputs.at(-1) as tf.Tensor4D;
      const terms = network.forward(moved, x, INFERENCE).map((level, i) => {
        const [b, h, w, c] = level.shape;
        return tf.sum(tf.mul(level, signedMap(`vit/R${i}`, [b, c, h, w])));
      });
      return tf.addN(terms) as tf.Scalar;
    })([...names.map((name) => params[name]!), images]);
    golden.check("loss", tf.reshape(value, [1]), 1e-4);
    golden.check("grad_img", nchw(grads.at(-1)!), 1e-4);
    names.forEach((name, i) => {
      const data = normAndSum(grads[i]!);
      golden.check(`gradnorm/${name}`, { data, shape: [2] }, 1e-4);
    });
  });
  tf.dispose(params);
});

Deno.test("an exported EVA-02 gives the recorded levels", async () => {
  const golden = await openVariant("vit");
  const network = vit(TOY, PYRAMID);
  const params = variantParams(network.params);
  const [B, C, H, W] = IMAGES as [number, number, number, number];
  const bytes = exportOnnx(
    ({ images }) => {
      const levels = network.forward(params, images as tf.Tensor4D, INFERENCE);
      const named = levels.map((x, i) => [`level${i}`, nchw(x)] as const);
      return Object.fromEntries(named);
    },
    { images: { shape: [B, H, W, C] } },
    { names: params },
  );
  const session = await openSession(bytes, { threads: 2 });
  const images = tf.tidy(() => signedMap("vit/img", IMAGES, 2));
  const outputs = await session.run({
    images: { data: images.dataSync() as Float32Array, shape: images.shape },
  });
  await session.close();
  tf.dispose([params, images]);
  for (const [name, value] of Object.entries(outputs)) {
    golden.check(name, value, 2e-5);
  }
});

Deno.test("paths are dropped by sample, the last block's most", () => {
  const network = vit({ ...TOY, dropPath: 0.5, depth: 2, windowBlocks: [] });
  const params = variantParams(network.params);
  const shapes: number[][] = [];
  tf.tidy(() => {
    const images = signedMap("vit/img", IMAGES, 2);
    const run = (value: number) =>
      network.forward(params, images, {
        training: true,
        uniform: (shape) => {
          shapes.push(shape);
          return tf.fill(shape, value);
        },
      })[0]!;
    const first = vit({ ...TOY, depth: 1, windowBlocks: [] })
      .forward(params, images, INFERENCE)[0]!;
    // Only the last block can drop: without it, the first one's tokens stay.
    assert.deepEqual(run(0.4).dataSync(), first.dataSync());
    assert.deepEqual(shapes, [[2, 1, 1, 1], [2, 1, 1, 1]]);
    assert.notDeepEqual(run(0.6).dataSync(), first.dataSync());
  });
  tf.dispose(params);
});

Deno.test("EVA-02 large has the original's number of parameters", () => {
  const count = (pyramid: PyramidConfig | null) =>
    Object.values(vit(EVA02_LARGE, pyramid).params)
      .filter(({ buffer }) => !buffer)
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // As counted of the original module, with and without its adapter.
  assert.equal(count({ ...PYRAMID, channels: 256 }), 315_389_120);
  assert.equal(count(null), 303_388_608);
});

Deno.test("sizes that do not fit are refused by name", () => {
  assert.throws(
    () => checkVit({ ...EVA02_LARGE, heads: 15 }),
    /heads is 15, expected a divisor of 1024/,
  );
  assert.throws(
    () => checkVit({ ...EVA02_LARGE, pretrainedSide: 230 }),
    /pretrainedSide is 230, expected a multiple of 16/,
  );
});
