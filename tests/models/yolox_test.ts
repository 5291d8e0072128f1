/** RepDETR3D's 2D head against recorded losses of the original. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Params, Pass } from "../../models/module.ts";
import { assignCells } from "../../models/repdetr3d/yolox/assign.ts";
import {
  buildYoloxHead,
  type YoloxConfig,
} from "../../models/repdetr3d/yolox/mod.ts";
import {
  type YoloxLossTargets,
  yoloxObjective,
} from "../../models/repdetr3d/yolox/loss.ts";
import { priorsOf } from "../../models/repdetr3d/yolox/priors.ts";
import { matchYoloxTargets } from "../../models/repdetr3d/yolox/targets.ts";
import { useTensorFlow } from "../support/backend.ts";
import type { Golden } from "../support/golden.ts";
import {
  normAndSum,
  openVariant,
  signed,
  signedMap,
  variantParams,
} from "../support/variants.ts";

await useTensorFlow();

/** Maps of 8 × 12 and 4 × 6 cells. */
const TOY: YoloxConfig = {
  name: "img_roi_head",
  channels: 16,
  classes: 10,
  strides: [8, 16],
  imageHeight: 64,
  imageWidth: 96,
};
const MAPS = [[3, 16, 8, 12], [3, 16, 4, 6]];

function rowsOf(golden: Golden, key: string, width: number): number[][] {
  if (!golden.has(key)) return [];
  const data = [...golden.array(key).data];
  return Array.from(
    { length: data.length / width },
    (_, i) => data.slice(i * width, (i + 1) * width),
  );
}

function objectsOf(golden: Golden, image: number) {
  const at = `gt${image}`;
  return {
    boxes: rowsOf(golden, `${at}/boxes`, 4),
    labels: rowsOf(golden, `${at}/labels`, 1).flat(),
    centers: rowsOf(golden, `${at}/centers`, 2),
  };
}

Deno.test("SimOTA gives objects the cells that the original gives", async () => {
  const golden = await openVariant("simota");
  for (const image of [0, 1]) {
    const found = assignCells(
      {
        boxes: golden.array(`boxes${image}`).data as Float32Array,
        classScores: signed(`simota/logits${image}`, [120, 10], 3),
        objectness: signed(`simota/objectness${image}`, [120], 3),
      },
      objectsOf(golden, image),
      priorsOf(TOY),
    );
    const wanted = golden.array(`matched${image}`).data;
    assert.deepEqual([...found.objects], [...wanted]);
    assert.equal(found.objects.filter((gt) => gt >= 0).length, 19);
    const overlaps = { data: found.overlaps, shape: [120] };
    golden.check(`overlaps${image}`, overlaps, 1e-6);
  }
});

Deno.test("predictions, targets, losses and gradients in training", async () => {
  const golden = await openVariant("yolox");
  const head = buildYoloxHead(TOY);
  const params = variantParams(head.params);
  const names = Object.keys(head.params)
    .filter((name) => head.params[name]!.trainable);
  assert.deepEqual(
    names.map((name) => `gradnorm/${name}`).sort(),
    golden.keys().filter((key) => key.startsWith("gradnorm/")).sort(),
  );
  tf.tidy(() => {
    const maps = MAPS.map((shape, i) => signedMap(`yolox/feat${i}`, shape, 2));
    const pass: Pass = { training: true, updates: new Map() };
    const predict = (params: Params, maps: tf.Tensor[]) =>
      head.forward(
        params,
        tf.concat(maps.map(cells), 1) as tf.Tensor3D,
        pass,
      );
    const found = predict(params, maps);
    golden.check("classScores", found.classScores, 1e-5);
    golden.check("objectness", found.objectness, 1e-5);
    golden.check("raw", found.codes, 1e-5);
    golden.check("offsets", found.centers, 1e-5);
    golden.check("boxes", found.boxes, 1e-5);
    for (const [name, value] of pass.updates!) {
      const key = `updates/${name}`;
      if (golden.has(key)) golden.check(key, value, 1e-5);
    }
    const targets = targetsOf(golden, found);
    const { grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
      const moved: Params = {
        ...params,
        ...Object.fromEntries(names.map((name, i) => [name, inputs[i]!])),
      };
      const predictions = predict(moved, inputs.slice(names.length));
      const { total, terms } = yoloxObjective(predictions, targets, TOY);
      for (const [name, term] of Object.entries(terms)) {
        golden.check(name, tf.reshape(term, [1]), 2e-5);
      }
      return total;
    })([...names.map((name) => params[name]!), ...maps]);
    names.forEach((name, i) => {
      const data = normAndSum(grads[i]!);
      golden.check(`gradnorm/${name}`, { data, shape: [2] }, 2e-4);
    });
    maps.forEach((_, i) => {
      const nchw = tf.transpose(grads[names.length + i]!, [0, 3, 1, 2]);
      golden.check(`grad_feat${i}`, nchw, 2e-4);
    });
    tf.dispose([...pass.updates!.values()]);
  });
  tf.dispose(params);
});

/** [I, h, w, C] → [I, h·w, C]. */
function cells(map: tf.Tensor): tf.Tensor {
  const [I, h, w, C] = map.shape as [number, number, number, number];
  return tf.reshape(map, [I, h * w, C]);
}

/** Matched targets as tensors; checks the matching itself. */
function targetsOf(
  golden: Golden,
  found: { classScores: tf.Tensor; objectness: tf.Tensor; boxes: tf.Tensor },
): YoloxLossTargets {
  const read = (x: tf.Tensor) => x.dataSync() as Float32Array;
  const { positives, ...arrays } = matchYoloxTargets(
    {
      classScores: read(found.classScores),
      objectness: read(found.objectness),
      boxes: read(found.boxes),
    },
    [0, 1, 2].map((image) => objectsOf(golden, image)),
    TOY,
  );
  const matched = golden.array("matched").data;
  assert.deepEqual(
    [...arrays.weights],
    Array.from(matched, (gt) => gt >= 0 ? 1 : 0),
  );
  golden.check("overlaps", { data: arrays.overlaps, shape: [3, 120] }, 1e-4);
  const tensors = Object.entries(arrays).map(([name, data]) => {
    const width = data.length / 360;
    const shape = width === 1 ? [3, 120] : [3, 120, width];
    const dtype = data instanceof Int32Array ? "int32" : "float32";
    return [name, tf.tensor(data, shape, dtype)];
  });
  return {
    ...Object.fromEntries(tensors),
    norm: tf.scalar(Math.max(positives, 1)),
  };
}

Deno.test("predictions of another number of cells are refused", () => {
  assert.throws(
    () =>
      matchYoloxTargets(
        {
          classScores: new Float32Array(20),
          objectness: new Float32Array(2),
          boxes: new Float32Array(8),
        },
        [{ boxes: [], labels: [], centers: [] }],
        TOY,
      ),
    /Cannot match 2 cells, expected 1 images of 120/,
  );
});
