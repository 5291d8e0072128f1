/** Backbones and neck against the recorded runs of the original. @module */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { cpfpn } from "../../models/cpfpn.ts";
import { INFERENCE, type Params, type Pass } from "../../models/module.ts";
import { mergeParams } from "../../models/nn/mod.ts";
import { type Backbone, resnet } from "../../models/resnet.ts";
import { vovnet } from "../../models/vovnet.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  type Golden,
  goldenParams,
  type PlainArray,
  s,
} from "../support/golden.ts";
import { openTracked } from "../streampetr/tracked.ts";
import { checkBest, inLastBit } from "../support/rounding.ts";
import { watchKernel } from "../support/watch.ts";

await useTensorFlow();

const nchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);

/** Recorded NCHW tensor S(tag, shape) in the models' NHWC. */
function signed(tag: string, shape: number[], scale = 1): tf.Tensor4D {
  const data = tf.tensor4d(s(tag, shape, scale), shape as [1, 1, 1, 1]);
  return tf.transpose(data, [0, 2, 3, 1]);
}

interface Case {
  fixture: string;
  /** Returns all maps that are recorded, by name; the last two feed the neck. */
  build: (all: boolean) => Backbone;
  maps: string[];
  /** Kernel and the number of its call that gives a map within. */
  inner: Record<string, [kernel: string, call: number]>;
  gain: (name: string) => number;
  /** Bound of d loss / d image (ReLU and max-pool ties flip). */
  imageBound: number;
}

const cases: Case[] = [{
  fixture: "backbone_r50",
  build: (all) =>
    resnet({
      name: "img_backbone",
      depth: 50,
      norm: { mode: "frozen" },
      ...(all ? { outIndices: [0, 1, 2, 3] } : {}),
    }),
  maps: ["mid/layer1", "mid/layer2", "backbone0", "backbone1"],
  inner: { "mid/maxpool": ["MaxPool", 0], "mid/layer1.0": ["Relu", 3] },
  gain: () => 1,
  imageBound: 2e-2,
}, {
  fixture: "backbone_vov99",
  build: (all) =>
    vovnet({
      name: "img_backbone",
      norm: { mode: "affine" },
      ...(all ? { outStages: [2, 3, 4, 5] } : {}),
    }),
  maps: ["mid/stage2", "mid/stage3", "backbone0", "backbone1"],
  inner: { "mid/stem": ["Relu", 2] },
  gain: (name) =>
    name.startsWith("img_backbone.") && !name.endsWith("fc.weight") ? 1.3 : 1,
  imageBound: 1e-1,
}];

for (const { fixture, build, maps, inner, gain, imageBound } of cases) {
  const golden = await openTracked(fixture);
  const shape: number[] = golden.json.shape;

  Deno.test(`${fixture}: maps of all stages and of the neck`, () => {
    const backbone = build(true);
    const neck = cpfpn("img_neck", build(false).channels, 256);
    const specs = mergeParams(backbone, neck);
    const params = goldenParams(specs, { gain });
    const data = s(`${fixture}/img`, shape, 2);
    golden.check("in/img", { data, shape }, 0);
    tf.tidy(() => {
      const images = signed(`${fixture}/img`, shape, 2);
      const features = backbone.forward(params, images, INFERENCE);
      maps.forEach((key, i) => golden.check(key, nchw(features[i]!), 1e-5));
      neck.forward(params, features.slice(-2))
        .forEach((map, i) => golden.check(`neck${i}`, nchw(map), 1e-5));
      features.forEach((map, i) => {
        assert.equal(map.shape[3], backbone.channels[i]);
        assert.equal(map.shape[1], images.shape[1] / backbone.strides[i]!);
      });
      for (const [key, [kernel, call]] of Object.entries(inner)) {
        const { data, shape } = watchKernel(kernel, () => {
          backbone.forward(params, images, INFERENCE);
        })[call]!;
        const map = tf.tensor(data as Float32Array, [...shape]);
        golden.check(key, nchw(map), 1e-5);
      }
    });
    tf.dispose(params);
  });

  Deno.test(`${fixture}: loss and all gradients in training`, () => {
    const backbone = build(false);
    const neck = cpfpn("img_neck", backbone.channels, 256);
    const specs = mergeParams(backbone, neck);
    const params = goldenParams(specs, { gain });
    const names = Object.keys(specs).filter((name) => specs[name]!.trainable);
    assert.deepEqual(
      names.map((name) => `gradnorm/${name}`).sort(),
      golden.keys().filter((key) => key.startsWith("gradnorm/")).sort(),
    );
    const network = (moved: Params, x: tf.Tensor4D, pass: Pass) =>
      neck.forward(moved, backbone.forward(moved, x, pass));
    const recorded = signed(`${fixture}/img`, shape, 2);
    const boundOf = (key: string) =>
      key === "loss" ? 1e-5 : key === "grad_img" ? imageBound : 2e-3;
    checkBest(golden, boundOf, (attempt) => {
      let results: Recorded = new Map();
      tf.tidy(() => {
        const images = inLastBit(recorded, attempt);
        results = gradients(golden, params, names, images, network);
      });
      return results;
    });
    tf.dispose(params);
  });

  Deno.test(`${fixture}: no recorded array is left out`, () => golden.finish());
}

type Network = (
  params: Params,
  images: tf.Tensor4D,
  pass: Pass,
) => tf.Tensor4D[];

/** What is recorded of a training pass, by key. */
type Recorded = Map<string, PlainArray>;

/** Loss, d loss / d image, and [L2 norm, sum] of each parameter's gradient. */
function gradients(
  golden: Golden,
  params: Params,
  names: string[],
  images: tf.Tensor4D,
  network: Network,
): Recorded {
  const { value, grads } = tf.valueAndGrads((...inputs: tf.Tensor[]) => {
    const moved: Params = {
      ...params,
      ...Object.fromEntries(names.map((name, i) => [name, inputs[i]!])),
    };
    const x = inputs.at(-1) as tf.Tensor4D;
    return loss(golden, network(moved, x, TRAINING));
  })([...names.map((name) => params[name]!), images]);
  const plain = (x: tf.Tensor) => ({ data: x.dataSync(), shape: x.shape });
  return new Map<string, PlainArray>([
    ["loss", plain(tf.reshape(value, [1]))],
    ["grad_img", plain(nchw(grads.at(-1)!))],
    ...names.map((name, i): [string, PlainArray] => [
      `gradnorm/${name}`,
      { data: normAndSum(grads[i]!), shape: [2] },
    ]),
  ]);
}

const TRAINING: Pass = { training: true, updates: new Map() };

/** Σ neck0·R0 + ½ Σ neck1·R1, as the recording's json says. */
function loss(golden: Golden, [fine, coarse]: tf.Tensor4D[]): tf.Scalar {
  const { fixture } = golden;
  const shape = (i: number) => [...golden.array(`neck${i}#shape`).data];
  const first = tf.sum(tf.mul(fine!, signed(`${fixture}/R0`, shape(0))));
  const second = tf.sum(tf.mul(coarse!, signed(`${fixture}/R1`, shape(1))));
  return tf.add(first, tf.mul(0.5, second));
}

function normAndSum(gradient: tf.Tensor): number[] {
  let squares = 0, sum = 0;
  for (const value of gradient.dataSync()) {
    squares += value * value;
    sum += value;
  }
  return [Math.sqrt(squares), sum];
}
