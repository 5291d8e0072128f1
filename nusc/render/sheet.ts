/**
 * Pictures out of panels: cameras, bird's-eye view, or both with a legend.
 * @module
 */
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { DatasetError } from "../errors.ts";
import { type BevInput, bevPanel } from "./bev.ts";
import type { CameraView, DrawnBox } from "./box.ts";
import { camerasPanel, picture } from "./cameras.ts";
import { textElement, textWidth } from "./letters.ts";
import { CLASS_COLOURS, INK, TRUTH } from "./style.ts";

/** What a picture of a key frame is made of; all in the LiDAR frame. */
export interface SheetInput {
  /** Cameras with their images. */
  views: readonly CameraView[];
  /** Truth and predictions. */
  boxes: readonly DrawnBox[];
  /** LiDAR points, see `BevInput`. */
  points?: Float32Array;
  /** Numbers a point; default 5. */
  stride?: number;
  /** Metres that the bird's-eye view reaches to each side; default 25. */
  range?: number;
  /** Pixels of a camera image's width; default 480. */
  tileWidth?: number;
  /** A line above the picture. */
  title?: string;
}

const TILE = 480;
const RANGE = 25;
const HEADER = 26;

/** Cameras with boxes, as SVG text. */
export async function renderCameras(input: SheetInput): Promise<string> {
  const { views, boxes, tileWidth = TILE } = input;
  return picture(await camerasPanel(views, boxes, tileWidth));
}

/** The bird's-eye view, as SVG text. */
export function renderBev(input: BevInput): string {
  return picture(bevPanel(input));
}

/** Six cameras, the bird's-eye view beside them and a legend, as SVG text. */
export async function renderSheet(input: SheetInput): Promise<string> {
  const { views, boxes, points, stride } = input;
  const { tileWidth = TILE, range = RANGE, title = "" } = input;
  const cameras = await camerasPanel(views, boxes, tileWidth);
  const size = cameras.height;
  const bev = bevPanel({ boxes, points, stride, range, size });
  const svg = header(title, boxes, cameras.width + size) +
    `<g transform="translate(0 ${HEADER})">${cameras.svg}</g>` +
    `<g transform="translate(${cameras.width} ${HEADER})">${bev.svg}</g>`;
  return picture({
    svg,
    width: cameras.width + size,
    height: cameras.height + HEADER,
  });
}

/** Title at the left, colours of what is drawn at the right. */
function header(
  title: string,
  boxes: readonly DrawnBox[],
  width: number,
): string {
  const shown = new Set(
    boxes.filter((box) => box.score !== undefined).map((box) => box.label),
  );
  const entries: [string, string][] = [
    ["ground truth", TRUTH],
    ...Object.entries(CLASS_COLOURS).filter(([name]) => shown.has(name)),
  ];
  let x = width;
  const legend = entries.reverse().map(([name, colour]) => {
    x -= textWidth(name, 10) + 12;
    return textElement(name, x, 8, 10, colour);
  });
  return textElement(title, 8, 8, 10, INK) + legend.join("");
}

/**
 * Writes a picture as its ending says: .svg, .png, .jpg, .jpeg or .webp.
 *
 * @throws {DatasetError} for another ending
 */
export async function writePicture(svg: string, path: string): Promise<void> {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  if (ending === "svg") {
    await writeFile(path, svg);
    return;
  }
  const format = ending === "jpg" ? "jpeg" : ending;
  if (format !== "png" && format !== "jpeg" && format !== "webp") {
    throw new DatasetError(
      `Cannot write the picture ${path}: the ending is ".${ending}", ` +
        `expected .svg, .png, .jpg or .webp`,
    );
  }
  const bytes = new TextEncoder().encode(svg);
  await sharp(bytes, { unlimited: true }).removeAlpha()
    .toFormat(format, { quality: 92 }).toFile(path);
}
