/**
 * Fills a scene with objects until, on average, enough of them are near the
 * ego: always the class that is most behind its share, always clear of all
 * others at every key frame.
 * @module
 */
import { type Body, bodyAt, drawBody, type Motion } from "./bodies.ts";
import { type Footprint, overlap } from "./collision.ts";
import { DETECTED, IGNORED, type Kind, type KindName, KINDS } from "./kinds.ts";
import type { Random } from "./random.ts";
import { alongAt, type Drive, egoAt } from "./road.ts";

/** What decides the traffic of a scene. */
export interface TrafficPlan {
  drive: Drive;
  frames: number;
  radius: number;
  density: number;
  /** Number in the scene's name; chooses among the ignored kinds. */
  number: number;
}

interface Traffic extends TrafficPlan {
  random: Random;
  /** Speeds of the lanes to the right and to the left. */
  lanes: { right: number; left: number };
  bodies: Body[];
  /** Footprints by key frame; the ego's own first. */
  tracks: Footprint[][];
}

const PERIOD = 0.5;
const LANE = 3.6;
const PATH = 7;
const TRIES = 60;
const IGNORED_A_SCENE = 4;

/** Objects of a scene, in an order that depends on the scene only. */
export function buildTraffic(random: Random, plan: TrafficPlan): Body[] {
  const speed = () => random.chance(0.15) ? 0 : random.uniform(3, 9);
  const traffic: Traffic = {
    ...plan,
    random,
    lanes: { right: speed(), left: speed() },
    bodies: [],
    tracks: [],
  };
  traffic.tracks.push(
    trackOf(traffic, 5, 2.2, (time) => egoAt(plan.drive, time)),
  );
  for (let i = 0; i < IGNORED_A_SCENE; i++) {
    const name = IGNORED[(plan.number + i) % IGNORED.length]!;
    if (name === "rack") placeRack(traffic);
    else place(traffic, name);
  }
  fill(traffic);
  return traffic.bodies;
}

/** Adds detected objects until the density is reached or room runs out. */
function fill(traffic: Traffic): void {
  const presence = new Map<KindName, number>(DETECTED.map((n) => [n, 0]));
  const wanted = traffic.density * traffic.frames;
  const shares = DETECTED.reduce((sum, name) => sum + KINDS[name].share, 0);
  // Bicycles in a rack count like all others.
  traffic.bodies.forEach(({ kind }, i) => {
    const seen = nearFrames(traffic, traffic.tracks[i + 1]!);
    if (presence.has(kind)) presence.set(kind, presence.get(kind)! + seen);
  });
  let total = presence.get("bicycle")!;
  const full = new Set<KindName>();
  while (total < wanted && full.size < DETECTED.length) {
    let next: KindName | null = null;
    for (const name of DETECTED) {
      if (full.has(name)) continue;
      const behind = (n: KindName) => presence.get(n)! / KINDS[n].share;
      if (next === null || behind(name) < behind(next)) next = name;
    }
    const done = presence.get(next!)!;
    if (done * shares > wanted * KINDS[next!].share) full.add(next!);
    const seen = place(traffic, next!);
    if (seen === 0) full.add(next!);
    presence.set(next!, done + seen);
    total += seen;
  }
}

/** Tries to place an object; tells in how many key frames it is near. */
function place(traffic: Traffic, name: KindName): number {
  const { random, drive } = traffic;
  const kind: Kind = KINDS[name];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const moves = kind.moves && random.chance(kind.moves.chance);
    const motion = moves ? drawMotion(traffic, kind) : drawRest(traffic, kind);
    const turn = drawTurn(random, kind, motion);
    const still = motion.type === "still" || motion.speed === 0;
    const state = !still ? "moving" : moves ? "stopped" : "parked";
    const body: Body = { ...drawBody(random, name, state), motion, turn };
    const track = trackOf(
      traffic,
      body.size[0],
      body.size[1],
      (time) => bodyAt(drive.road, body, time),
    );
    const seen = nearFrames(traffic, track);
    if (seen === 0 || !isFree(traffic, track)) continue;
    traffic.bodies.push(body);
    traffic.tracks.push(track);
    return seen;
  }
  return 0;
}

function drawRest(traffic: Traffic, kind: Kind): Motion {
  const { random, drive, frames, radius } = traffic;
  const end = alongAt(drive, PERIOD * (frames - 1));
  const [near, far] = kind.lateral;
  const most = Math.max(near + 1, Math.min(far, 0.85 * radius));
  const lateral = near + (most - near) * random.next() ** 1.5;
  return {
    type: "still",
    along: random.uniform(-radius, end + radius),
    lateral: random.sign() * lateral,
  };
}

/** A motion that meets the ego somewhere in the scene. */
function drawMotion(traffic: Traffic, kind: Kind): Motion {
  const { random, drive, frames, radius, lanes } = traffic;
  const meet = random.uniform(0, PERIOD * frames);
  const there = alongAt(drive, meet) + random.uniform(-radius, radius);
  const side = random.sign();
  if (kind.moves!.lane) {
    const speed = side < 0 ? lanes.right : -lanes.left;
    return {
      type: "lane",
      along: there - speed * meet,
      lateral: side * LANE,
      speed,
    };
  }
  const speed = random.uniform(...kind.moves!.speed);
  if (kind.attributes === "cycle") {
    const lateral = side * (PATH + 0.5 * random.normal());
    const along = there + side * speed * meet;
    return { type: "lane", along, lateral, speed: -side * speed };
  }
  const [near, far] = kind.lateral;
  const most = Math.min(far, 0.7 * radius);
  const lateral = side * random.uniform(near, Math.max(near + 1, most));
  return { type: "walk", along: there, lateral, speed, meet };
}

/** Heading relative to the road. */
function drawTurn(random: Random, kind: Kind, motion: Motion): number {
  if (motion.type === "lane") {
    return (motion.lateral < 0 ? 0 : Math.PI) + 0.02 * random.normal();
  }
  if (motion.type === "walk" || random.chance(kind.askew)) {
    return random.uniform(-Math.PI, Math.PI);
  }
  return (random.chance(0.5) ? Math.PI : 0) + 0.12 * random.normal();
}

function trackOf(
  traffic: TrafficPlan,
  length: number,
  width: number,
  at: (time: number) => { x: number; y: number; heading: number },
): Footprint[] {
  return Array.from({ length: traffic.frames }, (_, frame) => ({
    ...at(PERIOD * frame),
    length,
    width,
  }));
}

function nearFrames(traffic: Traffic, track: Footprint[]): number {
  const ego = traffic.tracks[0]!;
  return track.filter((print, frame) =>
    Math.hypot(print.x - ego[frame]!.x, print.y - ego[frame]!.y) <
      traffic.radius
  ).length;
}

function isFree(traffic: Traffic, track: Footprint[]): boolean {
  return traffic.tracks.every((other) =>
    other.every((print, frame) => !overlap(print, track[frame]!, 0.3))
  );
}

/** A bicycle rack with three bicycles in it. */
function placeRack(traffic: Traffic): void {
  if (place(traffic, "rack") === 0) return;
  const { random, drive } = traffic;
  const rack = traffic.bodies[traffic.bodies.length - 1]!;
  const base = rack.motion;
  const spot = (along: number, lateral: number): Body => ({
    ...drawParked(random),
    motion: { type: "still", along, lateral },
    turn: rack.turn + Math.PI / 2 + 0.05 * random.normal(),
  });
  for (const step of [-1.2, 0, 1.2]) {
    // The rack stands along the road up to a small turn, so that the sides
    // of the road's frame are those of the rack.
    const cos = Math.cos(rack.turn), sin = Math.sin(rack.turn);
    const body = spot(base.along + step * cos, base.lateral + step * sin);
    traffic.bodies.push(body);
    traffic.tracks.push(
      trackOf(
        traffic,
        body.size[0],
        body.size[1],
        (time) => bodyAt(drive.road, body, time),
      ),
    );
  }
}

function drawParked(random: Random) {
  for (;;) {
    const body = drawBody(random, "bicycle", "parked");
    if (body.attribute === "cycle.without_rider") return body;
  }
}
