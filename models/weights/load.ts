/**
 * From stored tensors to a model's parameters and back: names, aliases,
 * types, layout.
 * @module
 */
import type { ParamSpec, ParamSpecs } from "../module.ts";
import { WeightsError } from "./error.ts";
import { memoryShape, type Plain, toMemory, toTorch } from "./layout.ts";
import { isCounter, type Naming, NAMINGS, unwrapped } from "./names.ts";
import { isTable, resizeToFit } from "./resize.ts";
import type { StoredTensor } from "./safetensors.ts";

/** What became of a checkpoint's tensors. */
export interface LoadReport {
  /** Title of the naming that fitted best. */
  naming: string;
  /** The model's parameters that were found. */
  loaded: string[];
  /** Those of them that were resized: a ViT's patches and positions. */
  resized: string[];
  /** The model's parameters that were not. */
  missing: string[];
  /** Stored names that the model does not have, though it might. */
  unexpected: string[];
  /**
   * Stored names that are left aside: what such files bring along, such as a
   * classifier, and parts that were not asked for.
   */
  foreign: string[];
}

/** Parameters that a checkpoint holds, in memory layout, and the report. */
export interface LoadedWeights {
  /** Float32, HWIO convolutions, by the model's names; only what was found. */
  params: Record<string, Plain>;
  /** What was found under which names. */
  report: LoadReport;
}

/** Options of {@linkcode loadWeights}. */
export interface LoadOptions {
  /** Parts of the model to load, such as `img_backbone`; empty: all. */
  only?: readonly string[];
}

/**
 * Finds a model's parameters among stored tensors (of a .safetensors or .pth
 * file, PyTorch's layout). What is missing is reported, not an error.
 *
 * @throws {WeightsError} when nothing fits, a shape differs, or the copies
 * of one shared parameter differ.
 */
export function loadWeights(
  specs: ParamSpecs,
  stored: ReadonlyMap<string, StoredTensor>,
  { only = [] }: LoadOptions = {},
): LoadedWeights {
  const { naming, entries, unexpected, foreign } = bestNaming(specs, stored);
  for (const [name, { stored }] of [...entries]) {
    if (isPartOf(name, only)) continue;
    entries.delete(name);
    foreign.push(stored);
  }
  const params: Record<string, Plain> = {};
  const missing: string[] = [];
  const misfits: string[] = [];
  const resized: string[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const entry = findOne(name, spec, entries);
    if (entry === undefined) {
      missing.push(name);
      continue;
    }
    const data = fitted(name, spec, entry);
    if (data) {
      params[name] = toMemory(name, spec.shape, data);
      if (!sameShape(entry.shape, spec.shape)) resized.push(name);
    } else if (isTable(name)) {
      missing.push(name);
      foreign.push(entry.stored);
    } else misfits.push(misfit(name, spec, entry));
  }
  if (misfits.length > 0) throw new WeightsError(misfitMessage(misfits));
  const loaded = Object.keys(params);
  if (loaded.length === 0) throw strangers(specs, stored);
  const { title } = naming;
  return {
    params,
    report: { naming: title, loaded, resized, missing, unexpected, foreign },
  };
}

function strangers(
  specs: ParamSpecs,
  stored: ReadonlyMap<string, StoredTensor>,
): WeightsError {
  const some = [...stored.keys()].slice(0, 3).map((name) => `"${name}"`);
  return new WeightsError(
    `The checkpoint holds none of the model's parameters; its names are ` +
      `like ${some.join(", ")}, the model's like "${Object.keys(specs)[0]}"`,
  );
}

/** Whether a name is of one of these parts of a model; of none: of any. */
export function isPartOf(name: string, parts: readonly string[]): boolean {
  return parts.length === 0 ||
    parts.some((part) => name === part || name.startsWith(`${part}.`));
}

/**
 * Parameters as a state dict in PyTorch's layout, ready for a file.
 *
 * @param arrays In memory layout, by the specs' names.
 * @param aliases Also writes the other names of shared parameters, which
 * PyTorch's strict loading asks for; default true.
 */
export function stateDict(
  specs: ParamSpecs,
  arrays: Readonly<
    Record<string, { shape: readonly number[]; data: Float32Array }>
  >,
  aliases = true,
): Map<string, Plain> {
  const state = new Map<string, Plain>();
  for (const [name, spec] of Object.entries(specs)) {
    const array = arrays[name];
    if (array === undefined) throw new Error(`"${name}" has no array`);
    if (!sameShape(array.shape, memoryShape(spec.shape))) {
      throw new Error(`"${name}" is [${array.shape}], not of its spec`);
    }
    const plain = toTorch(name, array.shape, array.data);
    state.set(name, plain);
    for (const alias of aliases ? spec.aliases ?? [] : []) {
      state.set(alias, plain);
    }
  }
  return state;
}

/** A stored tensor and the name it was stored under. */
interface Entry extends StoredTensor {
  stored: string;
}

interface Fit {
  naming: Naming;
  /** By the model's names and aliases. */
  entries: Map<string, Entry>;
  unexpected: string[];
  foreign: string[];
}

/** The naming under which most stored tensors have a place. */
function bestNaming(
  specs: ParamSpecs,
  stored: ReadonlyMap<string, StoredTensor>,
): Fit {
  const known = new Set(
    Object.entries(specs)
      .flatMap(([name, spec]) => [name, ...(spec.aliases ?? [])]),
  );
  const fits = NAMINGS.map((naming): Fit => {
    const fit: Fit = {
      naming,
      entries: new Map(),
      unexpected: [],
      foreign: [],
    };
    for (const [name, tensor] of stored) {
      const plain = unwrapped(name);
      const renamed = naming.rename(plain);
      if (naming.foreign.test(plain)) fit.foreign.push(name);
      else if (renamed !== null && known.has(renamed)) {
        fit.entries.set(renamed, { ...tensor, stored: name });
      } else if (!isCounter(name)) fit.unexpected.push(name);
    }
    return fit;
  });
  return fits.reduce((best, fit) =>
    fit.entries.size > best.entries.size ? fit : best
  );
}

/** A parameter under its name or an alias; all copies must be equal. */
function findOne(
  name: string,
  spec: ParamSpec,
  entries: ReadonlyMap<string, Entry>,
): Entry | undefined {
  const copies = [name, ...(spec.aliases ?? [])]
    .filter((key) => entries.has(key));
  const first = copies[0] && entries.get(copies[0]);
  if (!first) return undefined;
  for (const key of copies.slice(1)) {
    if (!sameNumbers(entries.get(key)!, first)) {
      throw new WeightsError(
        `"${copies[0]}" and "${key}" differ in the checkpoint, but are one ` +
          "shared parameter of the model",
      );
    }
  }
  return first;
}

/** Numbers in the model's shape, PyTorch's layout; null if they do not fit. */
function fitted(
  name: string,
  { shape: wanted }: ParamSpec,
  entry: Entry,
): Float32Array | null {
  const data = asFloat32(entry);
  if (sameShape(entry.shape, wanted)) return data;
  return resizeToFit(name, { shape: entry.shape, data }, wanted);
}

function misfit(name: string, spec: ParamSpec, entry: Entry): string {
  const as = unwrapped(entry.stored) === name ? "" : ` (as "${entry.stored}")`;
  return `"${name}" is [${entry.shape}] in the checkpoint${as} and ` +
    `[${spec.shape}] in the model`;
}

function misfitMessage(misfits: string[]): string {
  const shown = misfits.slice(0, 5).join("; ");
  const more = misfits.length > 5 ? `; and ${misfits.length - 5} more` : "";
  return `The checkpoint is of another model: ${shown}${more}`;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}

function sameNumbers(a: StoredTensor, b: StoredTensor): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < a.data.length; i++) {
    if (!Object.is(a.data[i], b.data[i])) return false;
  }
  return true;
}

function asFloat32({ data }: StoredTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data, Number);
}
