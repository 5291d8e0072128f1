/**
 * Objects of a scene: what they look like and where they are at any time.
 * @module
 */
import type { Attribute, Category } from "./catalog.ts";
import { type Kind, type KindName, KINDS } from "./kinds.ts";
import type { Random } from "./random.ts";
import { type Place, placeOn, type Road } from "./road.ts";
import { buildParts, drawColours, type Part } from "./shapes.ts";

/** How an object moves; positions are road coordinates. */
export type Motion =
  | { type: "still"; along: number; lateral: number }
  /** Along the road: `speed` is negative against the ego's direction. */
  | { type: "lane"; along: number; lateral: number; speed: number }
  /** Straight on in its own direction; there at time `meet`. */
  | {
    type: "walk";
    along: number;
    lateral: number;
    speed: number;
    meet: number;
  };

/** An object with its box [length, width, height], metres. */
export interface Body {
  kind: KindName;
  category: Category;
  attribute: Attribute | null;
  size: [number, number, number];
  motion: Motion;
  /** Radians, relative to the road where it stands. */
  turn: number;
  parts: Part[];
}

/** Metres from the ground to the bottom of every box. */
export const CLEARANCE = 0.02;

/** Where an object is at a time in seconds. */
export function bodyAt(road: Road, body: Body, time: number): Place {
  const { motion, turn } = body;
  const along = motion.along +
    (motion.type === "lane" ? motion.speed * time : 0);
  const place = placeOn(road, along, motion.lateral);
  const heading = place.heading + turn;
  if (motion.type !== "walk") return { ...place, heading };
  const far = motion.speed * (time - motion.meet);
  return {
    x: place.x + far * Math.cos(heading),
    y: place.y + far * Math.sin(heading),
    heading,
  };
}

/** An object without its place. */
export type Unplaced = Omit<Body, "motion" | "turn">;

/** Draws variant, size and colours; `moving` decides attribute and rider. */
export function drawBody(
  random: Random,
  name: KindName,
  state: "moving" | "stopped" | "parked",
): Unplaced {
  const kind: Kind = KINDS[name];
  const variant = random.weighted(kind.variants);
  const common = 1 + kind.jitter * random.normal();
  const size = kind.size.map((extent, axis) => {
    const own = 1 + 0.5 * kind.jitter * random.normal();
    const longer = axis === 0 ? variant.lengthen ?? 1 : 1;
    return extent * common * own * longer;
  });
  if (variant.category.endsWith("child")) size[2]! *= 0.7;
  const rider = state === "moving" || random.chance(0.5);
  const sitting = kind.attributes === "pedestrian" && state !== "moving" &&
    random.chance(0.15);
  if (sitting) size[2]! *= 0.7;
  if (name === "bicycle" && !rider) size[2]! *= 0.85;
  const rounded = size.map((extent) => Math.round(extent * 1000) / 1000) as [
    number,
    number,
    number,
  ];
  const { category } = variant;
  const look = {
    ...drawColours(random, kind.colour),
    category,
    rider,
    sitting,
  };
  return {
    kind: name,
    category,
    attribute: attributeOf(kind, state, rider, sitting),
    size: rounded,
    parts: buildParts(name, rounded, look),
  };
}

function attributeOf(
  kind: Kind,
  state: "moving" | "stopped" | "parked",
  rider: boolean,
  sitting: boolean,
): Attribute | null {
  switch (kind.attributes) {
    case "vehicle":
      return `vehicle.${state}`;
    case "cycle":
      return rider ? "cycle.with_rider" : "cycle.without_rider";
    case "pedestrian":
      if (sitting) return "pedestrian.sitting_lying_down";
      return state === "moving" ? "pedestrian.moving" : "pedestrian.standing";
    default:
      return null;
  }
}
