/**
 * The whole detector as one ONNX step, its memory fed back from frame to
 * frame, against what the original computed.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import {
  exportOnnx,
  type Numbers,
  openSession,
  type Session,
  type Tensors,
} from "../../../engine/onnx/mod.ts";
import { INFERENCE, type Params } from "../../../models/module.ts";
import type { FrameInputs, Memory } from "../../../models/streampetr/types.ts";
import type { HeadOutputs } from "../../../models/streampetr/head.ts";
import {
  emptyMemory,
  r50Detector,
  recordedFrame,
} from "../../support/detector.ts";
import { type Golden, goldenParams, openGolden } from "../../support/golden.ts";
import {
  checkDetections,
  checkMemory,
  imagesOf,
  inRecordedOrder,
} from "../../streampetr/e2e.ts";
import { FAR, FULL, NEAR, type Stream } from "../../streampetr/streams.ts";
import { specsOf } from "./support.ts";

type Named = Record<string, Numbers>;

function numbersOf(tensors: Tensors, prefix = ""): Named {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      `${prefix}${name}`,
      { data: tensor.dataSync() as Float32Array, shape: tensor.shape },
    ]),
  );
}

/** The entries under a prefix, under another one. */
function renamed<T>(all: Record<string, T>, from: string, to: string) {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name.startsWith(from))
      .map(([name, value]) => [to + name.slice(from.length), value]),
  );
}

/** Frame and memory in, predictions and memory out, all by name. */
function stepOf(net: ReturnType<typeof r50Detector>, params: Params) {
  return (inputs: Tensors): Tensors => {
    const frame = inputs as unknown as FrameInputs;
    const memory = renamed(inputs, "memory.", "") as unknown as Memory;
    const out = net.detect(
      params,
      net.features(params, frame, INFERENCE),
      frame,
      memory,
      null,
      INFERENCE,
    );
    const next = renamed(out.memory as unknown as Tensors, "", "next.");
    return { ...out.predictions, outputs: out.debug.outputs!, ...next };
  };
}

function frameOf(golden: Golden, k: number, stream: Stream): Named {
  return tf.tidy(() => {
    const at = `f${k}`;
    const images = imagesOf(golden, at, stream.images[k]!, stream.config);
    const previous = k > 0 ? `f${k - 1}` : null;
    const frame = recordedFrame(golden, at, previous, images);
    return numbersOf(frame as unknown as Tensors) as unknown as Tensors;
  }) as unknown as Named;
}

/** What the session gave, as the head would have given it. */
function outputsOf(out: Named): HeadOutputs {
  const tensors = Object.fromEntries(
    Object.entries(out).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data as Float32Array, [...shape]),
    ]),
  );
  const { classScores, boxCodes, outputs } = tensors;
  return {
    predictions: { classScores, boxCodes },
    debug: { outputs },
    memory: renamed(tensors, "next.", "") as unknown as Memory,
  } as HeadOutputs;
}

/** The detector of a stream, exported; its first frame gives the shapes. */
async function exported(stream: Stream): Promise<Session> {
  void tf.setBackend("cpu");
  const { fixture, config } = stream;
  const golden = await openGolden(fixture, "onnx");
  const net = r50Detector(config);
  const params = goldenParams(net.params);
  const memory = emptyMemory(config, 1);
  const model = exportOnnx(
    stepOf(net, params),
    specsOf({ ...frameOf(golden, 0, stream), ...namedOf(memory) }),
    { names: params },
  );
  tf.dispose([params, memory as unknown as Tensors]);
  return await openSession(model, { threads: 2 });
}

/** Runs all frames, each with the memory of the one before. */
async function follow(session: Session, stream: Stream): Promise<void> {
  const { fixture, config, bounds } = stream;
  const golden = await openGolden(fixture, "onnx");
  let memory = emptyMemory(config, 1);
  for (const [k, bound] of bounds.entries()) {
    const at = `f${k}`;
    const frame = frameOf(golden, k, stream);
    const out = await session.run({ ...frame, ...namedOf(memory) });
    tf.dispose(memory as unknown as Tensors);
    memory = tf.tidy(() => {
      const seen = outputsOf(out);
      checkDetections(golden, at, config, seen, bound);
      const next = inRecordedOrder(golden, at, config, seen);
      checkMemory(golden, at, next, bound);
      return next as unknown as Tensors;
    }) as unknown as Memory;
  }
  tf.dispose(memory as unknown as Tensors);
}

// Both small streams are of one network.
for (const streams of [[NEAR, FAR], [FULL]]) {
  const names = streams.map(({ fixture }) => fixture).join(", ");
  Deno.test(`${names}: the exported detector follows the original`, async () => {
    const session = await exported(streams[0]!);
    for (const stream of streams) await follow(session, stream);
    await session.close();
  });
}

function namedOf(memory: Memory): Named {
  return numbersOf(memory as unknown as Tensors, "memory.");
}
