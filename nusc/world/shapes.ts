/**
 * Objects as a few upright boxes each, in colours typical of their class;
 * a bright front and red tail lights tell the ends of a vehicle apart.
 * @module
 */
import type { KindName } from "./kinds.ts";
import type { Random } from "./random.ts";

/** Red, green, blue, 0 to 1. */
export type Colour = readonly [number, number, number];

/** A box of an object's body, in the object's frame (x ahead, z up). */
export interface Part {
  /** Metres: centre, from the middle of the object's base. */
  centre: [number, number, number];
  /** Metres: length, width, height. */
  size: [number, number, number];
  colour: Colour;
  /** Colours of the faces that look ahead and back. */
  front?: Colour;
  back?: Colour;
  /** Second colour, in stripes across y or as windows on the walls. */
  pattern?: { kind: "stripes" | "windows"; colour: Colour };
}

/** What a shape may depend on besides its kind. */
export interface Look {
  colour: Colour;
  dark: Colour;
  category: string;
  rider: boolean;
  sitting: boolean;
}

/** Draws the colours of an object of this base colour. */
export function drawColours(random: Random, base: Colour) {
  const bright = random.uniform(0.75, 1.15);
  const shade = random.uniform(0.7, 1.5);
  return {
    colour: base.map((c) =>
      Math.max(0.03, Math.min(1, c * bright + 0.05 * random.normal()))
    ) as unknown as Colour,
    dark: [0.08 * shade, 0.1 * shade, 0.14 * shade] as Colour,
  };
}

/** Fractions of the object's size: centre from the base, extent, colour. */
type Draft = [
  centre: Colour,
  extent: Colour,
  colour: Colour,
  extras?: Pick<Part, "front" | "back" | "pattern">,
];

const BLACK: Colour = [0.07, 0.07, 0.08];
const LAMP: Colour = [0.98, 0.96, 0.85];
const TAIL: Colour = [0.75, 0.05, 0.05];
const SKIN: Colour = [0.85, 0.65, 0.5];
const WHITE: Colour = [0.95, 0.95, 0.95];
const RED: Colour = [0.85, 0.1, 0.1];

/** Wheels seen as one dark body under the vehicle. */
const wheels: Draft = [[0, 0, 0.1], [0.8, 0.94, 0.2], BLACK];

function cyclist(look: Look, shirt: Colour, width: number): Draft[] {
  const frame: Draft[] = [
    [[0, 0, 0.3], [1, width, look.rider ? 0.58 : 0.55], look.colour],
    [[0.3, 0, 0.62], [0.08, 0.9, 0.08], BLACK],
  ];
  if (!look.rider) return [...frame, [[0, 0, 0.7], [0.7, 0.2, 0.5], BLACK]];
  return [
    ...frame,
    [[-0.07, 0, 0.7], [0.28, 1, 0.4], shirt],
    [[-0.03, 0, 0.95], [0.14, 0.35, 0.1], SKIN],
  ];
}

function person(look: Look): Draft[] {
  const worker = look.category.endsWith("construction_worker");
  const police = look.category.endsWith("police_officer");
  const torso: Colour = worker
    ? [0.95, 0.6, 0.1]
    : police
    ? [0.1, 0.12, 0.35]
    : look.colour;
  const hat: Colour = worker ? [0.95, 0.9, 0.2] : police ? BLACK : SKIN;
  const legs: Draft = look.sitting
    ? [[0.15, 0, 0.2], [0.7, 0.8, 0.35], [0.15, 0.15, 0.35]]
    : [[0, 0, 0.24], [0.5, 0.6, 0.48], [0.15, 0.15, 0.35]];
  return [
    legs,
    [[0, 0, 0.65], [0.6, 1, 0.38], torso],
    [[0, 0, 0.91], [0.35, 0.35, 0.14], SKIN],
    [[0, 0, 0.985], [0.36, 0.36, 0.03], hat],
  ];
}

const lights = { front: LAMP, back: TAIL };

/** One entry a kind; a body's parts together fill its box. */
const SHAPES: Record<KindName, (look: Look) => Draft[]> = {
  car: ({ colour, dark }) => [
    wheels,
    [[0, 0, 0.37], [1, 1, 0.42], colour],
    [[0, 0, 0.42], [1.001, 0.7, 0.1], colour, lights],
    [[-0.06, 0, 0.79], [0.55, 0.88, 0.42], dark],
  ],
  truck: ({ colour }) => [
    wheels,
    [[0.36, 0, 0.45], [0.28, 0.95, 0.7], [0.2, 0.42, 0.7]],
    [[0.36, 0, 0.68], [0.281, 0.8, 0.2], BLACK],
    [[-0.14, 0, 0.58], [0.72, 1, 0.84], colour],
  ],
  construction_vehicle: ({ colour, dark }) => [
    [[-0.1, 0, 0.1], [0.78, 0.95, 0.2], BLACK],
    [[-0.1, 0, 0.36], [0.8, 1, 0.4], colour],
    [[-0.2, 0, 0.78], [0.35, 0.7, 0.44], dark],
    [[0.36, 0, 0.45], [0.28, 0.25, 0.22], colour],
  ],
  bus: ({ colour, dark, category }) => [
    [[0, 0, 0.07], [0.85, 0.94, 0.14], BLACK],
    [[0, 0, 0.3], [1, 1, 0.4], colour],
    [[0, 0, 0.22], [1.001, 0.9, 0.09], colour, lights],
    [[0, 0, 0.63], [0.995, 0.98, 0.26], dark],
    [[0, 0, 0.88], [1, 1, 0.24], colour],
    ...(category.endsWith("bendy")
      ? [[[0, 0, 0.55], [0.06, 1.001, 0.8], BLACK] as Draft]
      : []),
  ],
  trailer: ({ colour }) => [
    [[0, 0, 0.6], [1, 1, 0.8], colour],
    [[-0.3, 0, 0.1], [0.3, 0.9, 0.2], BLACK],
    [[0.4, 0, 0.1], [0.05, 0.3, 0.2], BLACK],
  ],
  barrier: ({ colour }) => [
    [[0, 0, 0.5], [1, 1, 1], colour, {
      pattern: { kind: "stripes", colour: RED },
    }],
  ],
  motorcycle: (look) => cyclist(look, [0.75, 0.15, 0.1], 0.45),
  bicycle: (look) => cyclist(look, [0.85, 0.85, 0.25], 0.25),
  pedestrian: person,
  traffic_cone: ({ colour }) => [
    [[0, 0, 0.05], [1, 1, 0.1], [0.2, 0.2, 0.2]],
    [[0, 0, 0.35], [0.6, 0.6, 0.6], colour],
    [[0, 0, 0.8], [0.3, 0.3, 0.4], colour],
    [[0, 0, 0.55], [0.61, 0.61, 0.14], WHITE],
  ],
  wheelchair: ({ colour }) => [
    [[-0.05, 0, 0.25], [0.6, 1, 0.5], BLACK],
    [[0.25, 0, 0.3], [0.5, 0.5, 0.3], colour],
    [[-0.1, 0, 0.6], [0.3, 0.6, 0.5], colour],
    [[-0.1, 0, 0.92], [0.2, 0.3, 0.16], SKIN],
  ],
  stroller: ({ colour }) => [
    [[0, 0, 0.15], [0.8, 1, 0.3], BLACK],
    [[0.1, 0, 0.55], [0.8, 0.8, 0.5], colour],
    [[-0.4, 0, 0.9], [0.2, 0.8, 0.2], BLACK],
  ],
  personal_mobility: ({ colour, rider }) => [
    [[0, 0, 0.1], [1, 0.5, 0.2], BLACK],
    [[0.35, 0, 0.4], [0.1, 0.8, 0.6], colour],
    ...(rider ? [[[-0.1, 0, 0.6], [0.3, 0.9, 0.8], colour] as Draft] : []),
  ],
  animal: ({ colour }) => [
    [[-0.05, 0, 0.25], [0.6, 0.8, 0.5], colour],
    [[-0.1, 0, 0.6], [0.8, 1, 0.35], colour],
    [[0.4, 0, 0.8], [0.2, 0.6, 0.4], colour],
  ],
  ambulance: ({ colour }) => [
    wheels,
    [[0.36, 0, 0.42], [0.28, 0.95, 0.6], colour],
    [[-0.14, 0, 0.55], [0.72, 1, 0.76], colour],
    [[-0.14, 0, 0.5], [0.721, 1.001, 0.12], [0.9, 0.45, 0.1]],
    [[0.1, 0, 0.96], [0.1, 0.7, 0.08], [0.1, 0.3, 0.95]],
  ],
  police: ({ colour, dark }) => [
    wheels,
    [[0, 0, 0.36], [1, 1, 0.4], colour],
    [[0, 0, 0.36], [0.5, 1.001, 0.38], BLACK],
    [[-0.06, 0, 0.74], [0.55, 0.88, 0.36], dark],
    [[-0.06, 0, 0.96], [0.08, 0.7, 0.08], [0.2, 0.3, 0.95]],
  ],
  pushable: ({ colour }) => [
    [[0, 0, 0.1], [0.8, 0.8, 0.2], BLACK],
    [[0, 0, 0.5], [1, 1, 0.6], colour],
    [[-0.45, 0, 0.9], [0.1, 1, 0.2], BLACK],
  ],
  debris: ({ colour }) => [
    [[-0.1, 0.05, 0.3], [0.8, 0.9, 0.6], colour],
    [[0.3, -0.2, 0.5], [0.4, 0.5, 1], colour],
  ],
  rack: ({ colour }) => [
    [[0, -0.46, 0.5], [1, 0.06, 1], colour, {
      pattern: { kind: "stripes", colour: [0.35, 0.36, 0.4] },
    }],
    [[0, 0, 0.97], [1, 1, 0.06], colour],
  ],
};

/** Metres by which a body stays inside its annotated box on every side. */
const INSET = 0.015;

/** The parts of an object of this size; all lie inside its box. */
export function buildParts(
  kind: KindName,
  size: readonly [number, number, number],
  look: Look,
): Part[] {
  const [l, w, h] = size.map((extent) => extent - 2 * INSET) as [
    number,
    number,
    number,
  ];
  return SHAPES[kind](look).map(([centre, extent, colour, extras]) => ({
    centre: [centre[0] * l, centre[1] * w, centre[2] * h + INSET],
    size: [extent[0] * l, extent[1] * w, extent[2] * h],
    colour,
    ...extras,
  }));
}
