/**
 * The scene from above in the LiDAR frame: x to the right, y ahead and up.
 * @module
 */
import { cornersOf, type DrawnBox } from "./box.ts";
import type { Panel } from "./cameras.ts";
import { textElement } from "./letters.ts";
import { colourOf, INK } from "./style.ts";

/** What a bird's-eye view shows. */
export interface BevInput {
  /** Truth and predictions, LiDAR frame. */
  boxes: readonly DrawnBox[];
  /** [n * stride]: x, y, z first, in the LiDAR frame. */
  points?: Float32Array;
  /** Numbers a point; nuScenes files have 5. */
  stride?: number;
  /** Metres from the middle to each side. */
  range: number;
  /** Pixels of each side. */
  size: number;
}

/** Metres around the LiDAR that the ego vehicle covers. */
const EGO = { left: -0.87, right: 0.87, ahead: 2.4, behind: -1.7 };
/** Metres above the ground (LiDAR heights) where point colours change. */
const LEVELS = [-1.7, -1, 0];
const SHADES = ["#3b4252", "#5e81ac", "#88c0d0", "#eceff4"];

/** Draws points, rings every ten metres, the ego and the boxes. */
export function bevPanel(input: BevInput): Panel {
  const { range, size } = input;
  const scale = size / (2 * range);
  const at = (x: number, y: number) =>
    `${((x + range) * scale).toFixed(1)} ${((range - y) * scale).toFixed(1)}`;
  const half = size / 2;
  let svg = `<svg width="${size}" height="${size}">`;
  for (let metres = 10; metres < 1.5 * range; metres += 10) {
    const radius = metres * scale;
    svg += `<circle cx="${half}" cy="${half}" r="${radius}" fill="none" ` +
      `stroke="${INK}" stroke-opacity="0.25"/>`;
    if (metres >= range) continue;
    svg += textElement(`${metres} m`, half + 3, half - radius + 3, 8, INK);
  }
  svg += points(input, at);
  svg += `<path fill="${INK}" fill-opacity="0.5" d="M${
    at(EGO.left, EGO.behind)
  }L${at(EGO.left, EGO.ahead)}L${at(EGO.right, EGO.ahead)}L${
    at(EGO.right, EGO.behind)
  }Z"/>`;
  const truthFirst = [...input.boxes].sort((a, b) =>
    (a.score ?? -1) - (b.score ?? -1)
  );
  for (const box of truthFirst) svg += outline(box, at);
  return { svg: svg + "</svg>", width: size, height: size };
}

type Place = (x: number, y: number) => string;

/** A path for each height, so that ten thousand points stay cheap. */
function points({ points, stride = 5, range }: BevInput, at: Place): string {
  if (!points) return "";
  const paths = SHADES.map(() => "");
  for (let i = 0; i + 2 < points.length; i += stride) {
    const x = points[i]!, y = points[i + 1]!, z = points[i + 2]!;
    if (Math.abs(x) > range || Math.abs(y) > range) continue;
    const level = LEVELS.filter((height) => z > height).length;
    paths[level] += `M${at(x, y)}h1.5`;
  }
  return paths.map((path, level) =>
    `<path d="${path}" fill="none" stroke-width="1.5" stroke="${
      SHADES[level]
    }"/>`
  ).join("");
}

/** A box from above: thick front, a line to where it is in one second. */
function outline(box: DrawnBox, at: Place): string {
  const [rearRight, frontRight, rearLeft, frontLeft] = cornersOf(box.box)
    .slice(0, 4).map(([x, y]) => at(x, y));
  const colour = colourOf(box);
  const [x, y] = box.box as [number, number];
  const faint = box.faint ? ` stroke-dasharray="3 3"` : "";
  const opacity = box.score === undefined
    ? 1
    : Math.min(1, 0.35 + box.score).toFixed(2);
  let svg = `<g fill="none" stroke="${colour}" stroke-opacity="${opacity}"` +
    `${faint}><path d="M${frontRight}L${rearRight}L${rearLeft}L${frontLeft}" ` +
    `stroke-width="2"/><path d="M${frontRight}L${frontLeft}" ` +
    `stroke-width="4"/>`;
  if (box.velocity && Math.hypot(...box.velocity) > 0.2) {
    const [vx, vy] = box.velocity;
    svg += `<path d="M${at(x, y)}L${at(x + vx, y + vy)}" stroke-width="1"/>`;
  }
  return svg + "</g>";
}
