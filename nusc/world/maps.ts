/**
 * Map masks as nuScenes has them: one grey image a location, white where one
 * can drive, a tenth of a metre a pixel, the origin at the lower left.
 * @module
 */
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { alongAt, MAP_SIDE, placeOn, ROAD_WIDTHS } from "./road.ts";
import { mapToken, type Scene } from "./scene.ts";

const PIXELS_A_METRE = 10;

/** Writes the masks of all locations that the scenes visit. */
export async function writeMaps(root: string, scenes: Scene[]): Promise<void> {
  const places = new Set(scenes.map((scene) => scene.log.location));
  for (const location of places) {
    const roads = scenes.filter((scene) => scene.log.location === location)
      .map(outline).join("");
    const side = MAP_SIDE * PIXELS_A_METRE;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" ` +
      `height="${side}" viewBox="0 0 ${MAP_SIDE} ${MAP_SIDE}">` +
      `<rect width="100%" height="100%"/>` +
      `<g fill="none" stroke="white" stroke-width="${2 * ROAD_WIDTHS.road}">` +
      `${roads}</g></svg>`;
    const png = await sharp(new TextEncoder().encode(svg))
      .removeAlpha().toColourspace("b-w").png({ compressionLevel: 6 })
      .toBuffer();
    await writeFile(`${root}/maps/${mapToken(location)}.png`, png);
  }
}

/** The road of a scene as an SVG line. */
function outline(scene: Scene): string {
  const end = alongAt(scene.drive, scene.frames / 2) + 40;
  const points: string[] = [];
  for (let along = -40; along <= end; along += 2) {
    const { x, y } = placeOn(scene.drive.road, along, 0);
    points.push(`${x.toFixed(2)},${(MAP_SIDE - y).toFixed(2)}`);
  }
  return `<polyline points="${points.join(" ")}"/>`;
}
