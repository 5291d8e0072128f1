/**
 * A detector's results: objects found with errors and twice, and much that is
 * nothing, 300 boxes a key frame.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Random } from "../../../nusc/world/random.ts";
import { CAMERA_ONLY } from "../../../nusc/mod.ts";
import { egoAt, PERIOD, type Thing, thingAt, turn } from "./drive.ts";
import { type Kind, KINDS } from "./kinds.ts";
import type { SceneRows } from "./rows.ts";

/** Boxes of a key frame. */
const BOXES = 300;

const DETECTED = KINDS.filter((kind) => kind.detected);

/** A submission that grows scene by scene. */
export class ResultsFile {
  readonly #file: number;
  #samples = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
    this.#write(`{"meta": ${JSON.stringify(CAMERA_ONLY)}, "results": {`);
  }

  /** Adds the boxes of a scene's key frames. */
  add(scene: SceneRows, random: Random): void {
    scene.samples.forEach((token, frame) => {
      const boxes = boxesOf(scene, frame, random).map((box) =>
        spaced({ sample_token: token, ...box })
      );
      const comma = this.#samples++ ? ", " : "";
      this.#write(`${comma}"${token}": [${boxes.join(", ")}]`);
    });
  }

  /** Ends the file. */
  [Symbol.dispose](): void {
    this.#write("}}");
    closeSync(this.#file);
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#file, bytes, done);
    }
  }
}

/** With the blanks that Python writes. */
function spaced(box: Record<string, string | number | number[]>): string {
  const members = Object.entries(box).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[${value.join(", ")}]`
      : JSON.stringify(value);
    return `"${name}": ${text}`;
  });
  return `{${members.join(", ")}}`;
}

function boxesOf({ drive }: SceneRows, frame: number, random: Random) {
  const near = drive.things.filter(({ kind, first, end }) =>
    kind.detected && first <= frame && frame < end
  );
  const ego = egoAt(drive, frame * PERIOD);
  const boxes = [];
  for (let i = 0; i < BOXES; i++) {
    const thing = near[i % (2 * near.length)];
    const found = thing && i < 2 * near.length && random.chance(0.85);
    boxes.push(
      found
        ? foundBox(thing, frame, random)
        : inventedBox(random.weighted(DETECTED), ego, random),
    );
  }
  return boxes.sort((a, b) => b.detection_score - a.detection_score);
}

function foundBox(thing: Thing, frame: number, random: Random) {
  const { x, y } = thingAt(thing, frame);
  const error = (spread: number) => spread * random.normal();
  return {
    translation: [x + error(0.8), y + error(0.8), thing.z + error(0.2)],
    size: thing.size.map((side) => side * (1 + error(0.1))),
    rotation: turn(thing.yaw + error(0.3)),
    velocity: [thing.vx + error(0.4), thing.vy + error(0.4)],
    ...labels(thing.kind, random, Math.sqrt(random.next())),
  };
}

function inventedBox(
  kind: Kind,
  ego: { x: number; y: number },
  random: Random,
) {
  const angle = random.uniform(-Math.PI, Math.PI);
  const radius = random.uniform(0, 55);
  return {
    translation: [
      ego.x + radius * Math.cos(angle),
      ego.y + radius * Math.sin(angle),
      random.uniform(0, 2),
    ],
    size: kind.size.map((side) => side * random.uniform(0.8, 1.2)),
    rotation: turn(random.uniform(-Math.PI, Math.PI)),
    velocity: [random.normal(), random.normal()],
    ...labels(kind, random, random.next() ** 4 / 2),
  };
}

function labels(kind: Kind, random: Random, score: number) {
  return {
    detection_name: kind.detected!,
    detection_score: score,
    attribute_name: kind.attributes?.[random.index(2)] ?? "",
  };
}
