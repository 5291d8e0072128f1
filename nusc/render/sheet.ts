/**
 * Pictures out of panels: cameras, bird's-eye view, or both with a legend.
 * @module
 */
import { extname } from "node:path";
import sharp from "sharp";
import { DatasetError } from "../errors.ts";
import { writeWholeSync } from "../whole.ts";
import { type BevInput, bevPanel } from "./bev.ts";
import type { CameraView, DrawnBox } from "./box.ts";
import { camerasPanel, picture } from "./cameras.ts";
import { textElement, textWidth } from "./letters.ts";
import { CLASS_COLOURS, INK, TRUTH } from "./style.ts";

/** What a picture of a key frame is made of; all in the LiDAR frame. */
export interface SheetInput {
  /** Cameras with their images; may be none. */
  views: readonly CameraView[];
  /** Truth and predictions. */
  boxes: readonly DrawnBox[];
  /** LiDAR points, see `BevInput`. */
  points?: Float32Array;
  /** Numbers a point; default 5. */
  stride?: number;
  /** Metres that the bird's-eye view reaches to each side; default 25. */
  range?: number;
  /** Whether the bird's-eye view stands beside the cameras; default yes. */
  bev?: boolean;
  /**
   * Pixels of a camera image's width, or of a bird's-eye view alone; default
   * 480 for several cameras, a single image's own width, 900 without any.
   */
  width?: number;
  /** A line above the picture. */
  title?: string;
}

const TILE = 480;
/** Pixels of a bird's-eye view without cameras. */
const ALONE = 900;
const RANGE = 25;
/** Pixels of the header and its lines. */
const HEADER = 26, LINE = 16, LETTERS = 10, MARGIN = 8, GAP = 12;

/** The bird's-eye view, as SVG text. */
export function renderBev(input: BevInput): string {
  return picture(bevPanel(input));
}

/**
 * Cameras and the bird's-eye view beside them, either alone if the other is
 * left out, under a title and a legend; SVG text.
 */
export async function renderSheet(input: SheetInput): Promise<string> {
  const { views, boxes, points, stride, range = RANGE, title = "" } = input;
  const cameras = await camerasPanel(
    views,
    boxes,
    input.width ?? widthOf(views),
  );
  const size = input.bev === false ? 0 : cameras.height || input.width || ALONE;
  const above = header(title, boxes, cameras.width + size);
  const svg = above.svg +
    `<g transform="translate(0 ${above.height})">${cameras.svg}</g>`;
  const bev = size ? bevPanel({ boxes, points, stride, range, size }).svg : "";
  return picture({
    svg:
      `${svg}<g transform="translate(${cameras.width} ${above.height})">${bev}</g>`,
    width: cameras.width + size,
    height: Math.max(cameras.height, size) + above.height,
  });
}

function widthOf(views: readonly CameraView[]): number {
  return views.length === 1 ? views[0]!.width : TILE;
}

/**
 * Title at the left, colours of what is drawn at the right; below the title
 * from the left, on as many lines as they need, in a picture too narrow.
 */
function header(
  title: string,
  boxes: readonly DrawnBox[],
  width: number,
): { svg: string; height: number } {
  const entries = legendOf(boxes);
  const room = ([name]: [string, string]) => textWidth(name, LETTERS) + GAP;
  const whole = entries.reduce((sum, entry) => sum + room(entry), 0);
  const narrow = MARGIN + textWidth(title, LETTERS) + GAP + whole > width;
  let x = narrow ? width : width - whole, line = 0;
  const legend = entries.map((entry) => {
    if (narrow && x + room(entry) > width) {
      x = MARGIN;
      line++;
    }
    const [name, colour] = entry;
    const y = MARGIN + line * LINE;
    const text = textElement(name, x, y, LETTERS, colour);
    x += room(entry);
    return text;
  });
  return {
    svg: textElement(title, MARGIN, MARGIN, LETTERS, INK) + legend.join(""),
    height: HEADER + line * LINE,
  };
}

/** Names and colours of what is drawn. */
function legendOf(boxes: readonly DrawnBox[]): [string, string][] {
  const shown = new Set(
    boxes.filter((box) => box.score !== undefined).map((box) => box.label),
  );
  return [
    ["ground truth", TRUTH],
    ...Object.entries(CLASS_COLOURS).filter(([name]) => shown.has(name)),
  ];
}

/** What a picture is written as. */
export type PictureFormat = "svg" | "png" | "jpeg" | "webp";

/** Formats by ending. */
const FORMATS: Record<string, PictureFormat> = {
  ".svg": "svg",
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
};

/**
 * Format that the ending of a picture's path names.
 * @throws {DatasetError} if it is not .svg, .png, .jpg, .jpeg or .webp
 */
export function formatOf(path: string): PictureFormat {
  const ending = extname(path).toLowerCase();
  const format = FORMATS[ending];
  if (format) return format;
  throw new DatasetError(
    `Cannot write the picture ${path}: the ending is "${ending}", ` +
      "expected .svg, .png, .jpg or .webp",
  );
}

/**
 * Writes a picture as its ending says: .svg, .png, .jpg, .jpeg or .webp.
 *
 * @throws {DatasetError} for another ending
 */
export async function writePicture(svg: string, path: string): Promise<void> {
  const format = formatOf(path);
  const bytes = new TextEncoder().encode(svg);
  if (format === "svg") {
    writeWholeSync(path, bytes);
    return;
  }
  const image = await sharp(bytes, { unlimited: true }).removeAlpha()
    .toFormat(format, { quality: 92 }).toBuffer();
  writeWholeSync(path, image);
}
