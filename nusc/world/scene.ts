/**
 * A scene before it is seen: road, drive, sensors, objects, surroundings and
 * light. It depends on the seed, its name and its length only.
 * @module
 */
import { type Body } from "./bodies.ts";
import type { World } from "./options.ts";
import { Random, token } from "./random.ts";
import { buildRig, type Sensor } from "./rig.ts";
import { alongAt, buildDrive, buildRoad, type Drive, placeOn } from "./road.ts";
import type { Colour, Part } from "./shapes.ts";
import { buildTraffic } from "./traffic.ts";

/** A box of the surroundings, fixed in the global frame. */
export interface Landmark extends Part {
  heading: number;
}

/** Colours and light of a scene. */
export interface Weather {
  road: number;
  pavement: number;
  grass: Colour;
  sky: Colour;
  light: number;
  /** Points to the sun, length one. */
  sun: [number, number, number];
}

/** The recording that a scene is cut from. */
export interface Log {
  logfile: string;
  vehicle: string;
  date_captured: string;
  location: string;
}

/** Everything about one scene. */
export interface Scene {
  name: string;
  frames: number;
  drive: Drive;
  rig: Sensor[];
  bodies: Body[];
  landmarks: Landmark[];
  weather: Weather;
  log: Log;
  /** Microseconds of the first key frame. */
  startUs: number;
}

/** Where logs are recorded; each has a map. */
export const LOCATIONS = [
  "boston-seaport",
  "singapore-hollandvillage",
  "singapore-onenorth",
  "singapore-queenstown",
];

/** Builds a scene; the same whatever other scenes there are. */
export function buildScene(world: World, name: string, frames: number): Scene {
  const random = (part: string) => new Random(world.seed, name, part);
  const number = Number(name.replace(/\D/g, ""));
  const drive = buildDrive(random("drive"), buildRoad(random("road")));
  const startUs = startOf(random("clock"), number);
  return {
    name,
    frames,
    drive,
    rig: buildRig(random("rig"), world.width, world.height),
    bodies: buildTraffic(random("traffic"), {
      drive,
      frames,
      radius: world.radius,
      density: world.density,
      number,
    }),
    landmarks: buildLandmarks(random("landmarks"), drive, frames),
    weather: drawWeather(random("weather")),
    log: logOf(random("log"), startUs),
    startUs,
  };
}

/** Scenes never overlap in time: 100 s for each number. */
function startOf(random: Random, number: number): number {
  return 1532402900e6 + number * 100e6 + Math.floor(random.uniform(0, 40e6));
}

function logOf(random: Random, startUs: number): Log {
  const location = LOCATIONS[random.index(LOCATIONS.length)]!;
  const boston = location.startsWith("boston");
  const vehicle = boston ? "n008" : "n015";
  const offset = boston ? -4 : 8;
  const local = new Date(startUs / 1000 + offset * 3600e3).toISOString();
  const date = local.slice(0, 10);
  const clock = local.slice(11, 19).replaceAll(":", "-");
  const zone = boston ? "-0400" : "+0800";
  return {
    logfile: `${vehicle}-${date}-${clock}${zone}`,
    vehicle,
    date_captured: date,
    location,
  };
}

/** Token of a location's map. */
export function mapToken(location: string): string {
  return token("map", location);
}

function drawWeather(random: Random): Weather {
  const grass = random.uniform(0.8, 1.2);
  const sky = random.uniform(0.85, 1.08);
  const direction = random.uniform(0, 2 * Math.PI);
  return {
    road: random.uniform(0.28, 0.38),
    pavement: random.uniform(0.5, 0.6),
    grass: [0.3 * grass, 0.42 * grass, 0.22 * grass],
    sky: [0.55 * sky, 0.7 * sky, 0.92 * sky],
    light: random.uniform(0.85, 1.1),
    sun: [0.6 * Math.cos(direction), 0.6 * Math.sin(direction), 0.8],
  };
}

/** Grey houses and trees away from the road, never annotated. */
function buildLandmarks(
  random: Random,
  drive: Drive,
  frames: number,
): Landmark[] {
  const end = alongAt(drive, frames / 2) + 60;
  const landmarks: Landmark[] = [];
  for (let along = -60; along < end; along += 14) {
    for (const side of [-1, 1]) {
      if (random.chance(0.7)) {
        landmarks.push(house(random, drive, along, side));
      }
      if (random.chance(0.5)) {
        landmarks.push(...tree(random, drive, along, side));
      }
    }
  }
  return landmarks;
}

function house(
  random: Random,
  drive: Drive,
  along: number,
  side: number,
): Landmark {
  const lateral = side * random.uniform(32, 44);
  const { x, y, heading } = placeOn(
    drive.road,
    along + random.uniform(-4, 4),
    lateral,
  );
  const grey = random.uniform(0.35, 0.6);
  const height = random.uniform(5, 14);
  return {
    centre: [x, y, height / 2],
    size: [random.uniform(8, 14), random.uniform(6, 12), height],
    heading,
    colour: [grey, grey * 0.92, grey * 0.82],
    pattern: { kind: "windows", colour: [0.16, 0.19, 0.24] },
  };
}

function tree(
  random: Random,
  drive: Drive,
  along: number,
  side: number,
): Landmark[] {
  const lateral = side * random.uniform(23, 29);
  const { x, y, heading } = placeOn(
    drive.road,
    along + random.uniform(-6, 6),
    lateral,
  );
  const height = random.uniform(4, 7);
  const wide = random.uniform(2.5, 4);
  const green = random.uniform(0.7, 1.1);
  return [{
    centre: [x, y, 0.25 * height],
    size: [0.4, 0.4, 0.5 * height],
    heading,
    colour: [0.3, 0.22, 0.15],
  }, {
    centre: [x, y, 0.7 * height],
    size: [wide, wide, 0.6 * height],
    heading: heading + 0.6,
    colour: [0.16 * green, 0.32 * green, 0.13 * green],
  }];
}
