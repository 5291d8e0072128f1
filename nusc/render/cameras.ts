/**
 * Camera images with the boxes that they show.
 * @module
 */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { DatasetError } from "../errors.ts";
import {
  type CameraView,
  type DrawnBox,
  type Segment,
  wireFrame,
} from "./box.ts";
import { textElement, textWidth } from "./letters.ts";
import { BACKGROUND, colourOf } from "./style.ts";

/** Places of the cameras, row by row, as one looks around. */
const ROWS = [
  ["CAM_FRONT_LEFT", "CAM_FRONT", "CAM_FRONT_RIGHT"],
  ["CAM_BACK_LEFT", "CAM_BACK", "CAM_BACK_RIGHT"],
];

/** An SVG fragment with its size in pixels. */
export interface Panel {
  svg: string;
  width: number;
  height: number;
}

/** A whole SVG picture around a panel. */
export function picture({ svg, width, height }: Panel): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" ` +
    `height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="100%" height="100%" fill="${BACKGROUND}"/>${svg}</svg>`;
}

/** Colours of LiDAR points, near to far. */
const DEPTHS = [
  "#ff4b3e",
  "#ff9f1c",
  "#ffe14d",
  "#9be564",
  "#2ec4b6",
  "#3a86ff",
  "#8367c7",
];
/** Metres that each colour of a point covers. */
const DEPTH_STEP = 8;

/** LiDAR points as one path for each colour. */
function dots(view: CameraView, scale: number, width: number): string {
  if (!view.points) return "";
  const { count, pixels, depths } = view.points;
  const paths = DEPTHS.map(() => "");
  for (let i = 0; i < count; i++) {
    const level = Math.min(
      DEPTHS.length - 1,
      Math.floor(depths[i]! / DEPTH_STEP),
    );
    const [u, v] = [pixels[2 * i]!, pixels[2 * i + 1]!];
    paths[level] += `M${(u * scale).toFixed(1)} ${(v * scale).toFixed(1)}h0`;
  }
  const line = Math.max(1.5, width / 400);
  return `<g fill="none" stroke-linecap="round" stroke-width="${line}">` +
    paths.map((path, level) => `<path d="${path}" stroke="${DEPTHS[level]}"/>`)
      .join("") +
    "</g>";
}

/** The image of a camera, scaled, as JPEG. */
async function imageOf(
  { image, channel }: CameraView,
  width: number,
  height: number,
): Promise<string> {
  try {
    const bytes = await sharp(await readFile(image), { failOn: "truncated" })
      .resize(width, height, { fit: "fill" }).jpeg({ quality: 92 }).toBuffer();
    return `data:image/jpeg;base64,${bytes.toString("base64")}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DatasetError(
      code === "ENOENT"
        ? `Found no image ${image} of ${channel}, which sample_data.json ` +
          "names. Unpack the dataset's sensor archives under the same root"
        : `Cannot decode the image ${image} of ${channel}: ` +
          `${message.trim()}. Copy this file again from the dataset's archive`,
    );
  }
}

/** One camera image, `width` pixels wide, with its boxes. */
export async function cameraPanel(
  view: CameraView,
  boxes: readonly DrawnBox[],
  width: number,
): Promise<Panel> {
  const scale = width / view.width;
  const height = Math.round(view.height * scale);
  const image = await imageOf(view, width, height);
  const frames = boxes.flatMap((box) => {
    const frame = wireFrame(view, box.box);
    return frame ? [{ box, frame }] : [];
  }).sort((a, b) => b.frame.depth - a.frame.depth);
  const drawn = frames.map(({ box, frame }) => {
    const colour = colourOf(box);
    const line = Math.min(2, Math.max(1, width / 500));
    const faint = box.faint
      ? ` stroke-dasharray="${2 * line} ${2 * line}" stroke-opacity="0.6"`
      : "";
    return `<g fill="none" stroke="${colour}" stroke-linecap="round"${faint}>` +
      `<path d="${pathOf(frame.rest, scale)}" stroke-width="${line}"/>` +
      `<path d="${pathOf(frame.front, scale)}" stroke-width="${2 * line}"/>` +
      `</g>` + caption(box, [...frame.front, ...frame.rest], scale, width);
  });
  const size = Math.min(16, Math.max(8, width / 45));
  const svg = `<svg width="${width}" height="${height}">` +
    `<image width="${width}" height="${height}" ` +
    `href="${image}"/>` + dots(view, scale, width) +
    drawn.join("") + textElement(view.channel, 5, 5, size, "#fff") + `</svg>`;
  return { svg, width, height };
}

function pathOf(lines: Segment[], scale: number): string {
  const at = ([x, y]: [number, number]) =>
    `${(x * scale).toFixed(1)} ${(y * scale).toFixed(1)}`;
  return lines.map(([a, b]) => `M${at(a)}L${at(b)}`).join("");
}

/** Class and score above a prediction, kept inside the image. */
function caption(
  box: DrawnBox,
  lines: Segment[],
  scale: number,
  width: number,
): string {
  if (box.score === undefined) return "";
  const size = Math.min(14, Math.max(7, width / 60));
  const id = box.trackId === undefined ? "" : ` ${box.trackId}`;
  const text = `${box.label}${id} ${box.score.toFixed(2)}`;
  const left = Math.min(...lines.flat().map(([x]) => x)) * scale;
  const top = Math.min(...lines.flat().map(([, y]) => y)) * scale;
  const x = Math.min(left, width - textWidth(text, size));
  return textElement(
    text,
    Math.max(2, x),
    Math.max(2, top - 1.3 * size),
    size,
    colourOf(box),
  );
}

/** All cameras in two rows of three, each `tileWidth` pixels wide. */
export async function camerasPanel(
  views: readonly CameraView[],
  boxes: readonly DrawnBox[],
  tileWidth: number,
): Promise<Panel> {
  const known = ROWS.flat();
  const rows = [
    ...ROWS.map((row) =>
      row.flatMap((name) => views.filter((view) => view.channel === name))
    ),
    views.filter((view) => !known.includes(view.channel)),
  ].filter((row) => row.length > 0);
  let svg = "", y = 0, width = 0;
  for (const row of rows) {
    const panels = await Promise.all(
      row.map((view) => cameraPanel(view, boxes, tileWidth)),
    );
    panels.forEach((panel, i) => {
      svg += `<g transform="translate(${i * tileWidth} ${y})">${panel.svg}</g>`;
    });
    width = Math.max(width, row.length * tileWidth);
    y += Math.max(...panels.map((panel) => panel.height));
  }
  return { svg, width, height: y };
}
