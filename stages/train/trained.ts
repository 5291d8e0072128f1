/**
 * Which parameters train, and how fast.
 * @module
 */
import { UserError } from "../../pipeline/stage.ts";
import {
  layerDecayOf,
  multiplierOf,
  type ParamSpecs,
  type Plain,
} from "../../models/mod.ts";
import type { Trained } from "./flat.ts";
import type { TrainSettings } from "./settings.ts";

/** Factor per row of a parameter's updates; null trains all of it. */
export type FrozenRows = (name: string, rows: number) => number[] | null;

/**
 * Parameters with whole frozen ones taken out of training.
 * @param freeze parts of names whose parameters do not train.
 */
export function thawed(
  specs: ParamSpecs,
  freeze: readonly string[],
  frozen: FrozenRows,
): ParamSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const rows = frozen(name, spec.shape[0]!);
      const fixed = freeze.some((part) => name.includes(part)) ||
        rows !== null && rows.every((factor) => factor === 0);
      return [name, fixed ? { ...spec, trainable: false } : spec];
    }),
  );
}

/** Factors of the learning rate and of the decay, by the parameters' names. */
export function trainedOf(
  specs: ParamSpecs,
  optimizer: TrainSettings["optimizer"],
  values: Record<string, Plain>,
  frozen: FrozenRows,
): Trained[] {
  const names = Object.keys(specs);
  const blocks = blocksAmong(names);
  if (optimizer.layer_decay !== null && blocks === 0) {
    throw new UserError(
      `train.optimizer.layer_decay ${optimizer.layer_decay} is for backbones ` +
        "of transformer blocks, of which this one has none. Set it to null, " +
        "or lower the backbone's rate by train.optimizer.lr_mult",
    );
  }
  const rateOf = (name: string) =>
    optimizer.layer_decay === null
      ? 1
      : layerDecayOf(name, optimizer.layer_decay, blocks);
  return names.filter((name) => specs[name]!.trainable).map((name) => ({
    name,
    shape: values[name]!.shape,
    lr: multiplierOf(name, optimizer.lr_mult) * rateOf(name),
    decay: multiplierOf(name, optimizer.decay_mult),
    rows: frozen(name, values[name]!.shape[0]!),
  }));
}

/**
 * Warnings of settings whose parts of names are in no name: most likely a
 * slip, which would train at another rate without a word.
 */
export function unmatched(
  names: readonly string[],
  { lr_mult, decay_mult, freeze }: TrainSettings["optimizer"],
): string[] {
  const keys = [
    ...Object.keys(lr_mult).map((key) => ["lr_mult", key] as const),
    ...Object.keys(decay_mult).map((key) => ["decay_mult", key] as const),
    ...freeze.map((key) => ["freeze", key] as const),
  ];
  const parts = [...new Set(names.map((name) => name.split(".")[0]!))];
  return keys
    .filter(([, key]) => !names.some((name) => name.includes(key)))
    .map(([setting, key]) =>
      `train.optimizer.${setting} names "${key}", which is in no parameter's ` +
      `name. They begin with ${parts.join(", ")}`
    );
}

/** Blocks of a transformer backbone. */
function blocksAmong(names: readonly string[]): number {
  const found = names
    .map((name) => /^img_backbone\.blocks\.(\d+)\./.exec(name)?.[1])
    .filter((index) => index !== undefined);
  return new Set(found).size;
}
