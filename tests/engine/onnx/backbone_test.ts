/** ResNet-50 and its neck, exported, against the original's recorded maps. */
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
import { resnet } from "../../../models/resnet.ts";
import { goldenParams, openGolden, s } from "../../support/golden.ts";

const FIXTURE = "backbone_r50";

Deno.test("an exported ResNet-50 yields the recorded feature maps", async () => {
  void tf.setBackend("cpu");
  const golden = await openGolden(FIXTURE);
  const shape: number[] = golden.json.shape;
  const data = s(`${FIXTURE}/img`, shape, 2);
  golden.check("in/img", { data, shape }, 1e-6);
  const backbone = resnet({
    name: "img_backbone",
    depth: 50,
    norm: { mode: "frozen" },
  });
  const neck = cpfpn("img_neck", backbone.channels, 256);
  const params = goldenParams({ ...backbone.params, ...neck.params });
  // NCHW outside, as the recorded arrays are.
  const fn = ({ image }: Tensors) => {
    const nhwc = tf.transpose(image, [0, 2, 3, 1]) as tf.Tensor4D;
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
  const stem = graph.nodes[0]!.inputs[1]!;
  assert.equal(stem.name, "img_backbone.conv1.weight.folded");
  assert.deepEqual(stem.shape, [64, 3, 7, 7]);
  const session = await openSession(exportOnnx(fn, specs), { threads: 2 });
  const outputs = await session.run({ image: { data, shape } });
  await session.close();
  tf.dispose(params);
  for (const [name, value] of Object.entries(outputs)) {
    golden.check(name, value, 1e-5);
  }
});
