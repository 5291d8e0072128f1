/** Backbones and neck, exported, against the original's recorded maps. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  exportGraph,
  exportOnnx,
  openSession,
  type Tensors,
} from "../../../engine/onnx/mod.ts";
import { cpfpn } from "../../../models/cpfpn.ts";
import { INFERENCE } from "../../../models/module.ts";
import { type Backbone, resnet } from "../../../models/resnet.ts";
import { vovnet } from "../../../models/vovnet.ts";
import { goldenParams, openGolden, s } from "../../support/golden.ts";

interface Case {
  fixture: string;
  backbone: Backbone;
  gain: (name: string) => number;
  /** Shape of the first kernel, in PyTorch's layout. */
  stem: number[];
}

const name = "img_backbone";
const cases: Case[] = [{
  fixture: "backbone_r50",
  backbone: resnet({ name, depth: 50, norm: { mode: "frozen" } }),
  gain: () => 1,
  stem: [64, 3, 7, 7],
}, {
  fixture: "backbone_vov99",
  backbone: vovnet({ name, norm: { mode: "affine" } }),
  gain: (name) =>
    name.startsWith("img_backbone.") && !name.endsWith("fc.weight") ? 1.3 : 1,
  stem: [64, 3, 3, 3],
}];

for (const { fixture, backbone, gain, stem } of cases) {
  Deno.test(`${fixture}: exported, it yields the recorded feature maps`, async () => {
    void tf.setBackend("cpu");
    const golden = await openGolden(fixture, "onnx");
    const shape: number[] = golden.json.shape;
    const data = s(`${fixture}/img`, shape, 2);
    const neck = cpfpn("img_neck", backbone.channels, 256);
    const params = goldenParams({ ...backbone.params, ...neck.params }, {
      gain,
    });
    // NCHW outside, as the recorded arrays are.
    const fn = ({ image }: Tensors) => {
      const nhwc = tf.transpose(image!, [0, 2, 3, 1]) as tf.Tensor4D;
      const maps = backbone.forward(params, nhwc, INFERENCE);
      const levels = neck.forward(params, maps);
      const nchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);
      return {
        backbone0: nchw(maps[0]!),
        backbone1: nchw(maps[1]!),
        neck0: nchw(levels[0]!),
        neck1: nchw(levels[1]!),
      };
    };
    const specs = { image: { shape } };
    const graph = exportGraph(fn, specs, { names: params });
    assert.ok(!graph.nodes.some(({ op }) => op === "Transpose"));
    // PyTorch's names and layout; the batch norm is in the weights.
    const kernel = graph.nodes[0]!.inputs[1]!;
    assert.match(kernel.name, /^img_backbone\..*conv1?\.weight\.folded$/);
    assert.deepEqual(kernel.shape, stem);
    const session = await openSession(exportOnnx(fn, specs), { threads: 2 });
    const outputs = await session.run({ image: { data, shape } });
    await session.close();
    tf.dispose(params);
    for (const [name, value] of Object.entries(outputs)) {
      golden.check(name, value, 1e-5);
    }
  });
}
