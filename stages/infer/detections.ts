/**
 * What a network finds in frames, as a submission lists it.
 * @module
 */
import { decodeBoxes, type HeadConfig } from "../../models/mod.ts";
import { frameDetections, type SampleBoxes } from "../../nusc/mod.ts";
import type { StreamFrame } from "./stream.ts";

/** A network that remembers the frame before. */
export interface Detecting {
  /** Runs the next frame of the stream. */
  step(frame: StreamFrame): Promise<{
    /** [Q+P, classes] */
    logits: Float32Array;
    /** [Q+P, 10] */
    codes: Float32Array;
  }>;
}

/**
 * Detections frame by frame, in the order of the frames.
 * @param maxBoxes most boxes of a frame
 * @param onFrame hears how many frames are done
 */
export async function* detections(
  network: Detecting,
  frames: AsyncIterable<StreamFrame>,
  head: HeadConfig,
  maxBoxes: number,
  onFrame: (done: number) => void = () => {},
): AsyncGenerator<SampleBoxes> {
  let done = 0;
  for await (const frame of frames) {
    const { logits, codes } = await network.step(frame);
    const boxes = decodeBoxes(logits, codes, {
      classes: head.classes,
      maxBoxes,
      range: head.positionRange,
    });
    yield {
      token: frame.info.token,
      boxes: frameDetections(frame.info, boxes),
    };
    onFrame(++done);
  }
}
