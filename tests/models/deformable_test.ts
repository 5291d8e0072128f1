/** Deformable sampling against torch's grid_sample. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { exportOnnx, openSession } from "../../engine/onnx/mod.ts";
import {
  bilinearTaps,
  deformableSum,
  weightedRows,
} from "../../models/nn/deformable.ts";
import { useTensorFlow } from "../support/backend.ts";
import type { Golden } from "../support/golden.ts";
import { openVariant, signed } from "../support/variants.ts";

const engine = await useTensorFlow();

const SIZES = [{ height: 5, width: 8 }, { height: 3, width: 4 }];
const SHAPES = {
  features: [2, 3, 52, 8],
  places: [2, 7, 4, 3, 2],
  weights: [2, 7, 2, 3, 2, 4],
};

function inputsOf(golden: Golden) {
  const made = (name: "features" | "weights") =>
    tf.tensor(signed(`deformable/${name}`, SHAPES[name]), SHAPES[name]);
  // Among them places far outside and between border and edge cells.
  const { data, shape } = golden.array("places");
  return {
    features: made("features"),
    places: tf.tensor(data as Float32Array, shape),
    weights: made("weights"),
  };
}

Deno.test("places are sampled and weighted as grid_sample would", async () => {
  const golden = await openVariant("deformable");
  tf.tidy(() => {
    const sum = deformableSum({ ...inputsOf(golden), sizes: SIZES });
    golden.check("out", sum, 1e-6);
  });
});

Deno.test("gradients of features, places and weights, compiled", async () => {
  const golden = await openVariant("deformable");
  const inputs = inputsOf(golden);
  const specs = Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => [name, { shape }]),
  );
  const compiled = engine.compile(
    ({ features, places, weights }) => {
      const { value, grads } = tf.valueAndGrads((
        ...[features, places, weights]: tf.Tensor[]
      ) => {
        const sum = deformableSum({
          features: features!,
          places: places!,
          weights: weights!,
          sizes: SIZES,
        });
        const R = tf.tensor(signed("deformable/R", [2, 7, 8]), [2, 7, 8]);
        return tf.sum(tf.mul(sum, R)) as tf.Scalar;
      })([features!, places!, weights!]);
      const [ofFeatures, ofPlaces, ofWeights] = grads;
      return {
        loss: tf.reshape(value, [1]),
        grad_features: ofFeatures!,
        grad_places: ofPlaces!,
        grad_weights: ofWeights!,
      };
    },
    specs,
    { name: "deformable" },
  );
  const found = compiled.run(inputs);
  for (const [name, tensor] of Object.entries(found)) {
    golden.check(name, tensor, 2e-6);
  }
  tf.dispose([inputs, found]);
});

Deno.test("the exported sum is the same", async () => {
  const golden = await openVariant("deformable");
  const inputs = inputsOf(golden);
  const bytes = exportOnnx(
    ({ features, places, weights }) => ({
      out: deformableSum({
        features: features!,
        places: places!,
        weights: weights!,
        sizes: SIZES,
      }),
    }),
    Object.fromEntries(
      Object.entries(SHAPES).map(([name, shape]) => [name, { shape }]),
    ),
  );
  const session = await openSession(bytes, { threads: 1 });
  const arrays = Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [
      name,
      { data: x.dataSync() as Float32Array, shape: x.shape },
    ]),
  );
  const { out } = await session.run(arrays);
  await session.close();
  tf.dispose(inputs);
  golden.check("out", out!, 1e-6);
});

Deno.test("a place in a cell's centre is that cell alone", () => {
  tf.tidy(() => {
    const places = tf.tensor2d([[1.5 / 8, 2.5 / 5], [-1e30, 1e30]]);
    const { cells, weights } = bilinearTaps(places, SIZES[0]!);
    assert.equal(cells.dataSync()[0], 2 * 8 + 1);
    assert.deepEqual([...weights.dataSync()], [1, 0, 0, 0, 0, 0, 0, 0]);
    assert.ok(cells.dataSync().every((cell) => cell >= 0 && cell < 40));
  });
});

Deno.test("rows that are asked for twice get both gradients", () => {
  tf.tidy(() => {
    const table = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
    const rows = tf.tensor2d([[2, 2, 0]], [1, 3], "int32");
    const weights = tf.tensor3d([[[1, 2, 3], [4, 5, 6]]]);
    const gradient = tf.grad((table) =>
      weightedRows(table as tf.Tensor2D, rows, weights)
    )(table);
    assert.deepEqual(gradient.arraySync(), [[3, 6], [0, 0], [3, 9]]);
  });
});
