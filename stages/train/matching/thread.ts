/**
 * A thread of {@link MatchingThreads}: matches the streams that it is sent.
 * @module
 */
import { matchPredictions } from "../../../models/mod.ts";
import { refuseAnswer, writeAnswer } from "./answer.ts";
import type { Order } from "./threads.ts";

interface Port {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
}

(globalThis as unknown as Port).onmessage = ({ data }) => {
  const { config, outputs, sample, answer } = data;
  try {
    writeAnswer(answer, matchPredictions(config, outputs, [sample]));
  } catch {
    refuseAnswer(answer);
  }
};
