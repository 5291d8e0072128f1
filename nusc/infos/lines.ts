/**
 * Frames as JSON lines.
 * @module
 */
import { createReadStream, existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { DatasetError } from "../errors.ts";
import type { FrameInfo } from "./types.ts";

/** Bytes gathered before they are written. */
const CHUNK = 1 << 20;

/**
 * Writes frames as they come; returns how many.
 * @param onFrame called after each with the number so far
 */
export async function writeFrames(
  path: string,
  frames: AsyncIterable<FrameInfo>,
  onFrame?: (done: number) => void,
): Promise<number> {
  const file = await open(path, "w");
  try {
    return await writeAll(file, frames, onFrame);
  } finally {
    await file.close();
  }
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
    onFrame?.(++done);
    if (text.length < CHUNK) continue;
    await file.writeFile(text);
    text = "";
  }
  await file.writeFile(text);
  return done;
}

/**
 * Frames of a file that create-data wrote.
 * @throws {DatasetError} if the file is missing or a line is damaged
 */
export async function* readFrames(path: string): AsyncGenerator<FrameInfo> {
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
    for (const text of lines) yield parseLine(path, ++line, text);
  }
  if (rest) yield parseLine(path, ++line, rest);
}

/** All frames of a file, in memory. */
export function readAllFrames(path: string): Promise<FrameInfo[]> {
  return Array.fromAsync(readFrames(path));
}

function parseLine(path: string, line: number, text: string): FrameInfo {
  try {
    const frame = JSON.parse(text) as FrameInfo;
    if (typeof frame?.token === "string" && frame.cams) return frame;
  } catch {
    // Told below, with the place.
  }
  throw new DatasetError(
    `Found no frame in ${path}:${line}, which begins ` +
      `"${text.slice(0, 40)}". Run create-data again`,
  );
}
