/**
 * What helps where memory has run out, in numbers.
 * @module
 */
import { type TrainSettings, trainSettings } from "../train/settings.ts";
import { type Sized, total, trainParts } from "./memory.ts";

/** How the libraries, the runtime and the system say it. */
const SIGNS = [
  /RESOURCE_EXHAUSTED|ResourceExhausted/,
  /\bOOM when allocating\b/,
  /out of memory/i,
  /std::bad_alloc/,
  /Cannot allocate \d+ bytes/,
  /Array buffer allocation failed/,
  /Failed to allocate memory/i,
  /ended with SIGKILL/,
];

/** Whether an error's text is about memory. */
export function outOfMemory(text: string): boolean {
  return SIGNS.some((sign) => sign.test(text));
}

/** A change of settings and the peak that it leads to. */
interface Way {
  change: string;
  settings: Sized;
}

/** Three settings that help a training, with estimated peaks. */
export function waysOut(config: unknown): string {
  const settings = trainSettings.parse(config);
  const peak = (sized: Sized) =>
    `${(total(trainParts(sized, null)) / 1e9).toFixed(1)} GB`;
  const lines = waysOf(settings)
    .map(({ change, settings }) => `  ${change}: about ${peak(settings)}`);
  return `Memory has run out; this training is estimated to need ` +
    `${peak(settings)} at its peak. What helps:\n${lines.join("\n")}`;
}

function waysOf(settings: TrainSettings): Way[] {
  return [halved(settings), recomputed(settings), smaller(settings)];
}

/** The same step from half the streams at a time. */
function halved(settings: TrainSettings): Way {
  const { batch, accumulate, image } = settings;
  if (batch > 1) {
    const half = Math.floor(batch / 2);
    const parts = Math.ceil(batch / half) * accumulate;
    return {
      change: `train.batch=${half} train.accumulate=${parts}`,
      settings: { ...settings, batch: half },
    };
  }
  const queries = Math.floor(settings.model.head.queries / 2);
  const { model } = settings;
  const head = { ...model.head, queries };
  return {
    change: `train.model.head.queries=${queries} (train.batch is 1 already)`,
    settings: { ...settings, image, model: { ...model, head } },
  };
}

/** The same numbers from more time. */
function recomputed(settings: TrainSettings): Way {
  const { model, image } = settings;
  const { backbone, head } = model;
  if (backbone.with_cp && head.with_cp) {
    const groups = Math.max(1, Math.floor((model.denoising?.groups ?? 2) / 2));
    return {
      change: `train.model.denoising.groups=${groups} (with_cp is on already)`,
      settings: {
        ...settings,
        image,
        model: {
          ...model,
          denoising: model.denoising && { ...model.denoising, groups },
        },
      },
    };
  }
  return {
    change: "train.model.backbone.with_cp=true train.model.head.with_cp=true",
    settings: {
      ...settings,
      model: {
        ...model,
        backbone: { ...backbone, with_cp: true },
        head: { ...head, with_cp: true },
      },
    },
  };
}

/** Images of half the pixels, their sides multiples of 32. */
function smaller(settings: TrainSettings): Way {
  const { image } = settings;
  const side = (pixels: number) =>
    Math.max(32, 32 * Math.round(pixels * Math.SQRT1_2 / 32));
  const [height, width] = [side(image.height), side(image.width)];
  const share = width / image.width;
  const resize = image.resize.map((x) => Number((x * share).toPrecision(2)));
  return {
    change: `train.image.height=${height} train.image.width=${width} ` +
      `train.image.resize=[${resize.join(",")}]`,
    settings: { ...settings, image: { ...image, height, width } },
  };
}
