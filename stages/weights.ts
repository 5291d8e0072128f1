/**
 * What `deno task weights` does: looks into files of weights and converts
 * them. Printing is the command line's part.
 * @module
 */
import { UserError } from "../pipeline/stage.ts";
import { writePth } from "../engine/checkpoint/mod.ts";
import {
  guessNaming,
  guessOrigin,
  isPartOf,
  type LoadedWeights,
  type LoadReport,
  loadWeights,
  type Origin,
  type ParamSpecs,
  stateDict,
  type StoredTensor,
  unwrapped,
  WeightsError,
  type WritableTensor,
  writeSafetensors,
} from "../models/mod.ts";
import { readWeights, type WeightsFile } from "./shared/weights.ts";
import { writeAtomically } from "./train/checkpoint.ts";
import { few, reportText } from "./train/pretrained.ts";
import type { TrainSettings } from "./train/settings.ts";

/** Tensors with the names and layout that a file gets. */
type Tensors = Map<string, WritableTensor>;

/** What a file holds. */
export interface Contents extends Omit<WeightsFile, "tensors"> {
  /** What it seems to be. */
  origin: Origin;
  /** In the file's order; shapes are PyTorch's. */
  tensors: { name: string; shape: readonly number[]; dtype: string }[];
  /** What a model would load of it, where one was given. */
  report?: LoadReport;
}

/** Options of {@linkcode show}. */
export interface ShowOptions {
  /** Key of the state dict, where a PyTorch file holds several. */
  entry?: string;
  /** Settings of a model that is to load the file. */
  settings?: TrainSettings;
  /** Parts of that model to load; default: all. */
  only?: readonly string[];
}

/** Options of {@linkcode convert}. */
export interface ConvertOptions {
  /** Key of the state dict, where a PyTorch file holds several. */
  entry?: string;
  /** Settings of the model that the file is to fit; default: any model. */
  settings?: TrainSettings;
  /** Parts of a model to write; default: all. */
  only?: readonly string[];
  /** Writes float32 matrices as halves: half the size, three digits. */
  half?: boolean;
  /** Replaces a file that exists. */
  force?: boolean;
}

/**
 * Looks into a file of weights.
 * @throws {UserError} when it cannot be read or does not fit the model.
 */
export async function show(
  path: string,
  { entry, settings, only }: ShowOptions = {},
): Promise<Contents> {
  const { tensors, ...file } = await readWeights(path, entry);
  const report = settings &&
    fitted(path, await specsOf(settings), tensors, only).report;
  return {
    ...file,
    ...report && { report },
    origin: guessOrigin(tensors),
    tensors: [...tensors].map(([name, { shape, dtype }]) => ({
      name,
      shape,
      dtype,
    })),
  };
}

/**
 * Writes weights under the detector's names, as .safetensors or .pth by the
 * name of `to`.
 *
 * @returns sentences on what became of them.
 * @throws {UserError} when they cannot be read, do not fit the model, or the
 * file exists.
 */
export async function convert(
  from: string,
  to: string,
  { entry, settings, only, half = false, force = false }: ConvertOptions = {},
): Promise<string[]> {
  const write = writerOf(to, half);
  await refuseLoss(from, to, force);
  const file = await readWeights(from, entry);
  const specs = settings && await specsOf(settings);
  const { tensors, notes } = specs
    ? forModel(from, specs, file, only)
    : forAnyModel(from, file, only);
  const bytes = write(tensors, file.metadata);
  await writeAtomically(to, bytes);
  const halves = [...file.tensors.values()]
    .filter(({ dtype }) => dtype === "F16" || dtype === "BF16").length;
  if (halves > 0 && !half) {
    notes.push(`${halves} arrays of halves became float32`);
  }
  const size = (bytes.length / 1e6).toFixed(1);
  return [...notes, `${to}: ${tensors.size} tensors, ${size} MB`];
}

/** Exactly the model's parameters, with the aliases of shared ones. */
function forModel(
  path: string,
  specs: ParamSpecs,
  file: WeightsFile,
  only?: readonly string[],
): { tensors: Tensors; notes: string[] } {
  const { params, report } = fitted(path, specs, file.tensors, only);
  const found = Object.fromEntries(
    Object.entries(specs).filter(([name]) => name in params),
  );
  return { tensors: stateDict(found, params), notes: [reportText(report)] };
}

function fitted(
  path: string,
  specs: ParamSpecs,
  tensors: WeightsFile["tensors"],
  only?: readonly string[],
): LoadedWeights {
  try {
    return loadWeights(specs, tensors, { only });
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new UserError(
      `Cannot load ${path}: ${error.message}. To take some parts alone, ` +
        "name them: --only img_backbone",
    );
  }
}

/** Every tensor that its origin's naming has a name for. */
function forAnyModel(
  path: string,
  file: WeightsFile,
  only: readonly string[] = [],
): { tensors: Tensors; notes: string[] } {
  const naming = guessNaming(file.tensors.keys());
  const tensors: Tensors = new Map();
  if (naming === null) {
    for (const [name, tensor] of file.tensors) {
      if (isPartOf(name, only)) tensors.set(name, plain(tensor));
    }
    return { tensors, notes: ["Origin unknown, names are kept"] };
  }
  const left: string[] = [];
  for (const [stored, tensor] of file.tensors) {
    const name = unwrapped(stored);
    const renamed = naming.foreign.test(name) ? null : naming.rename(name);
    if (renamed === null || !isPartOf(renamed, only)) left.push(stored);
    else if (tensors.has(renamed)) {
      throw new UserError(
        `Cannot convert ${path}: "${stored}" and another tensor are both ` +
          `"${renamed}" to a detector`,
      );
    } else tensors.set(renamed, plain(tensor));
  }
  const { parts } = guessOrigin(file.tensors);
  const notes = [[naming.title, ...parts].join(", ")];
  if (left.length > 0) notes.push(`Left out: ${few(left)}`);
  return { tensors, notes };
}

/** Halves were widened when they were read; other types stay. */
function plain({ dtype, shape, data }: StoredTensor): WritableTensor {
  return { dtype: dtype === "BOOL" ? dtype : undefined, shape, data };
}

/** A file's bytes, by the end of its name. */
function writerOf(
  path: string,
  half: boolean,
): (tensors: Tensors, metadata: Record<string, string>) => Uint8Array {
  if (path.endsWith(".safetensors")) {
    return (tensors, metadata) =>
      writeSafetensors(half ? halved(tensors) : tensors, {
        ...metadata,
        format: "pt",
      });
  }
  if (half) {
    throw new UserError(
      `Cannot write halves to ${path}: expected a name that ends with ` +
        ".safetensors",
    );
  }
  if (/\.(pth|pt)$/.test(path)) {
    return (tensors, metadata) => {
      const meta = Object.entries(metadata)
        .map(([key, value]) => [key.replace(/^meta\./, ""), value]);
      return writePth(
        tensors as Parameters<typeof writePth>[0],
        Object.fromEntries(meta),
      );
    };
  }
  throw new UserError(
    `Cannot write ${path}: expected a name that ends with .safetensors or .pth`,
  );
}

/** Matrices and kernels as halves; vectors are few, and some are exact. */
function halved(tensors: Tensors): Tensors {
  return new Map(
    [...tensors].map(([name, { shape, data, dtype }]) => [
      name,
      data instanceof Float32Array && shape.length > 1
        ? { shape, data: Float16Array.from(data) }
        : { shape, data, dtype },
    ]),
  );
}

async function refuseLoss(
  from: string,
  to: string,
  force: boolean,
): Promise<void> {
  const target = await Deno.stat(to).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (target === null) return;
  const source = await Deno.stat(from).catch(() => null);
  if (source && source.ino === target.ino && source.dev === target.dev) {
    throw new UserError(`Cannot write ${to}: it is the file to read`);
  }
  if (!force) {
    throw new UserError(
      `Cannot write ${to}: it exists; --force replaces it`,
    );
  }
}

async function specsOf(settings: TrainSettings): Promise<ParamSpecs> {
  const { buildModel } = await import("./train/build.ts");
  const { composeStep } = await import("./train/run.ts");
  const model = buildModel(settings.model, settings.image);
  return composeStep(settings, model).params;
}
