/**
 * One camera image of a scene at one moment.
 * @module
 */
import { bodyAt, CLEARANCE } from "./bodies.ts";
import { type Canvas, NOTHING, type View } from "./canvas.ts";
import { paintGround, paintShade } from "./ground.ts";
import { globalFrame } from "./pose.ts";
import type { Sensor } from "./rig.ts";
import { egoPose, type Place } from "./road.ts";
import type { Scene } from "./scene.ts";
import {
  cornersOf,
  outlineOf,
  paintSolid,
  type Solid,
  toCamera,
} from "./solid.ts";

/** Pixels of an object in an image. */
export interface Coverage {
  /** Seen. */
  visible: number;
  /** Seen if nothing stood before it. */
  alone: number;
}

/** Metres beyond which houses and trees are not painted. */
const HORIZON = 90;

/** The camera's view at a time, for images of `scale` times its size. */
export function viewOf(
  scene: Scene,
  sensor: Sensor,
  time: number,
  scale = 1,
): View {
  const [[focalX, , centreX], [, focalY, centreY]] = sensor.intrinsic as [
    [number, number, number],
    [number, number, number],
  ];
  return {
    ...globalFrame(egoPose(scene.drive, time), sensor),
    focalX: focalX * scale,
    focalY: focalY * scale,
    centreX: centreX * scale,
    centreY: centreY * scale,
  };
}

/**
 * Paints what a camera sees at a time. `present` holds the indexes of the
 * objects that exist; the coverage is in the same order.
 */
export function paintScene(
  canvas: Canvas,
  view: View,
  scene: Scene,
  present: number[],
  time: number,
): Coverage[] {
  const { weather, drive: { road } } = scene;
  paintGround(canvas, view, road, weather);
  const places = present.map((id) => bodyAt(road, scene.bodies[id]!, time));
  present.forEach((id, i) =>
    shade(canvas, view, places[i]!, scene.bodies[id]!.size)
  );
  const [ox, oy] = view.origin;
  for (const part of scene.landmarks) {
    const [x, y] = part.centre;
    if (Math.hypot(x - ox, y - oy) > HORIZON) continue;
    const solid = { part, centre: part.centre, heading: part.heading };
    paintSolid(canvas, view, solid, weather, NOTHING);
  }
  const coverage = present.map((id, i) => {
    let alone = 0;
    for (const solid of solidsOf(scene, id, places[i]!)) {
      alone += paintSolid(canvas, view, solid, weather, id);
    }
    return { visible: 0, alone };
  });
  const slots = new Int16Array(scene.bodies.length).fill(-1);
  present.forEach((id, i) => slots[id] = i);
  for (const id of canvas.ids) if (id >= 0) coverage[slots[id]!]!.visible++;
  return coverage;
}

/** The boxes of an object that stands at a place. */
export function solidsOf(scene: Scene, id: number, place: Place): Solid[] {
  const cos = Math.cos(place.heading), sin = Math.sin(place.heading);
  return scene.bodies[id]!.parts.map((part) => ({
    part,
    centre: [
      place.x + part.centre[0] * cos - part.centre[1] * sin,
      place.y + part.centre[0] * sin + part.centre[1] * cos,
      part.centre[2] + CLEARANCE,
    ],
    heading: place.heading,
  }));
}

function shade(
  canvas: Canvas,
  view: View,
  place: Place,
  [length, width]: [number, number, number],
): void {
  const corners = cornersOf([place.x, place.y, 0], place.heading, [
    length + 0.5,
    width + 0.5,
    0,
  ]);
  const outline = outlineOf(toCamera(view, corners), view, canvas);
  if (outline) {
    paintShade(canvas, view, { ...place, length, width }, outline);
  }
}
