/**
 * Frames as JSON lines.
 * @module
 */
import { createReadStream, existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { DatasetError } from "../errors.ts";
import { writeWhole } from "../whole.ts";
import type { FrameInfo } from "./types.ts";

/** Bytes gathered before they are written. */
const CHUNK = 1 << 20;

/**
 * Writes frames as they come, all of them or none; returns how many.
 * @param onFrame called after each with the number so far
 */
export async function writeFrames(
  path: string,
  frames: AsyncIterable<FrameInfo>,
  onFrame?: (done: number) => void,
): Promise<number> {
  return await writeWhole(path, (file) => writeAll(file, frames, onFrame));
}

async function writeAll(
  file: FileHandle,
  frames: AsyncIterable<FrameInfo>,
  onFrame?: (done: number) => void,
): Promise<number> {
  let text = "";
  let done = 0;
  for await (const frame of frames) {
    text += JSON.stringify(frame) + "\n";
    done++;
    onFrame?.(done);
    if (text.length < CHUNK) continue;
    await file.writeFile(text);
    text = "";
  }
  await file.writeFile(text);
  return done;
}

/** Lists of a frame that may stay empty to save memory. */
export type Omissible = "sweeps" | "bboxes3d_cams" | "visibilities";

/**
 * Frames of a file that create-data wrote.
 * @param omit lists that are read as empty ones; sweeps are a third of a frame
 * @throws {DatasetError} if the file is missing or a line is damaged
 */
export async function* readFrames(
  path: string,
  omit: readonly Omissible[] = [],
): AsyncGenerator<FrameInfo> {
  if (!existsSync(path)) {
    throw new DatasetError(
      `Found no file ${path}, expected frames. Run create-data`,
    );
  }
  const decoder = new TextDecoder();
  let rest = "";
  let line = 0;
  const stream = createReadStream(path, { highWaterMark: CHUNK });
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const text of lines) yield parseLine(path, ++line, text, omit);
  }
  if (rest) yield parseLine(path, ++line, rest, omit);
}

/**
 * All frames of a file, in memory: scenes in the order of their first frames,
 * each in time, whatever the order of `sample.json` was. Training and
 * inference go from frame to frame and rely on it.
 */
export async function readAllFrames(
  path: string,
  omit: readonly Omissible[] = [],
): Promise<FrameInfo[]> {
  const scenes = new Map<string, FrameInfo[]>();
  for await (const frame of readFrames(path, omit)) {
    const scene = scenes.get(frame.scene_token);
    if (scene) scene.push(frame);
    else scenes.set(frame.scene_token, [frame]);
  }
  return [...scenes.values()].flatMap((frames) =>
    frames.sort((a, b) => a.timestamp - b.timestamp)
  );
}

function parseLine(
  path: string,
  line: number,
  text: string,
  omit: readonly Omissible[],
): FrameInfo {
  try {
    const frame = JSON.parse(text) as FrameInfo;
    for (const key of omit) frame[key] = [];
    if (typeof frame?.token === "string" && frame.cams) return frame;
  } catch {
    // Told below, with the place.
  }
  throw new DatasetError(
    `Found no frame in ${path}:${line}, which begins ` +
      `"${text.slice(0, 40)}". Run create-data again`,
  );
}
