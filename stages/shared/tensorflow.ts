/**
 * Starts TensorFlow for a stage: its download shows as progress, what it has
 * to say as messages.
 * @module
 */
import { type StageContext, UserError } from "../../pipeline/stage.ts";
import {
  LibraryError,
  type LibraryEvent,
  startTensorFlow,
  type TensorFlowEngine,
} from "../../engine/tensorflow/mod.ts";
import { ownCores } from "./ranks.ts";

/** The engine. @param threads 0 takes all cores that are no other rank's */
export async function startEngine(
  context: Pick<StageContext<unknown>, "emit" | "launch">,
  threads = 0,
): Promise<TensorFlowEngine> {
  const shares = (context.launch?.localSize ?? 1) > 1;
  try {
    const engine = await startTensorFlow({
      threads: threads === 0 && shares ? ownCores(context) : threads,
      onEvent: (event) => tell(context, event),
    });
    for (const text of engine.describe().warnings) {
      context.emit({ type: "message", level: "warning", text });
    }
    return engine;
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    throw new UserError(error.message);
  }
}

function tell(
  { emit }: Pick<StageContext<unknown>, "emit">,
  event: LibraryEvent,
): void {
  if (event.type === "found") {
    const { path, source } = event.library;
    const text = `TensorFlow: ${path} (${source})`;
    emit({ type: "message", level: "info", text });
  } else if (event.type === "waiting") {
    emit({ type: "message", level: "info", text: event.reason });
  } else {
    emit({
      type: "progress",
      unit: `MB ${event.type === "download" ? "downloaded" : "unpacked"}`,
      done: Math.round(event.bytes / 1e6),
      total: Math.round(event.total / 1e6),
    });
  }
}
