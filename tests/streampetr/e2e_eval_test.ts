import * as tf from "@tensorflow/tfjs-core";
import { INFERENCE } from "../../models/module.ts";
import { useTensorFlow } from "../support/backend.ts";
import {
  emptyMemory,
  r50Detector,
  recordedFrame,
  SMALL,
} from "../support/detector.ts";
import { goldenParams, openGolden, s } from "../support/golden.ts";

/** [1, N, 3, H, W] generated numbers as images [N, H, W, 3]. */
function images(tag: string, H: number, W: number): tf.Tensor {
  const nchw = tf.tensor(s(tag, [1, 6, 3, H, W], 2), [6, 3, H, W]);
  return tf.transpose(nchw, [0, 2, 3, 1]);
}

Deno.test("e2e_small_near: all layers' scores and boxes over three frames", async () => {
  await useTensorFlow();
  const golden = await openGolden("e2e_small_near");
  const detector = r50Detector(SMALL);
  const params = goldenParams(detector.params);
  let memory = emptyMemory(SMALL, 1);
  for (let k = 0; k < 3; k++) {
    const at = `f${k}`;
    const frame = recordedFrame(
      golden,
      at,
      k ? `f${k - 1}` : null,
      images(`e2e/img/scene_n/${k}`, 128, 352),
    );
    const features = detector.features(params, frame, INFERENCE);
    const out = detector.detect(
      params,
      features,
      frame,
      memory,
      null,
      INFERENCE,
    );
    memory = out.memory;
    const bound = k === 0 ? 2e-5 : 1e-4;
    golden.check(`${at}/all_cls_scores`, out.predictions.classScores, bound);
    golden.check(`${at}/all_bbox_preds`, out.predictions.boxCodes, bound);
  }
});
