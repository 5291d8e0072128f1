import assert from "node:assert/strict";
import { refusal } from "./layers.ts";

Deno.test("layers: doors are open, everything else is closed", () => {
  assert.equal(refusal("stages/train.ts", "../models/mod.ts"), null);
  assert.equal(
    refusal("stages/train/loop.ts", "../../nusc/loader/mod.ts"),
    null,
  );
  assert.equal(refusal("models/nn/conv.ts", "../module.ts"), null);
  assert.equal(refusal("engine/onnx/mod.ts", "onnx-proto"), null);
  assert.equal(refusal("tests/x_test.ts", "../models/nn/conv.ts"), null);
  assert.match(
    refusal("stages/train.ts", "../models/nn/conv.ts")!,
    /stages\/ may not import models\/nn\/conv\.ts/,
  );
  assert.match(
    refusal("models/resnet.ts", "node-fetch")!,
    /package node-fetch/,
  );
  assert.match(
    refusal("nusc/mod.ts", "../pipeline/stage.ts")!,
    /nusc\/ may not/,
  );
  assert.match(
    refusal("models/a.ts", "@tensorflow/tfjs-node-gpu/dist/x.js")!,
    /package @tensorflow\/tfjs-node-gpu/,
  );
});
