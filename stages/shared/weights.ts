/**
 * Weight files of any kind that is read here: safetensors, or PyTorch's two
 * layouts.
 * @module
 */
import { UserError } from "../../pipeline/stage.ts";
import { CheckpointError, readPth } from "../../engine/checkpoint/mod.ts";
import {
  parseSafetensors,
  safetensorsMetadata,
  type StoredTensor,
} from "../../models/mod.ts";

/** A file of weights, read. */
export interface WeightsFile {
  /** Such as `safetensors` or `PyTorch (zip)`. */
  format: string;
  /** Key of the state dict in a PyTorch file that holds more. */
  entry: string | null;
  /** By stored name, in PyTorch's layout and the file's order. */
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Texts that the file holds beside them. */
  metadata: Record<string, string>;
  /** Size of the file. */
  bytes: number;
}

/** What `train` calls its own state, which is no file of weights. */
const TRAIN_STATE = "streampetr-train-state";

/**
 * Reads a file of weights; its first bytes tell which kind it is.
 *
 * @param entry key of the state dict, where a PyTorch file holds several.
 * @throws {UserError} when it is absent, damaged or something else.
 */
export async function readWeights(
  path: string,
  entry?: string,
): Promise<WeightsFile> {
  const bytes = await readBytes(path);
  try {
    return isPyTorch(path, bytes)
      ? fromPyTorch(bytes, entry)
      : fromSafetensors(bytes);
  } catch (error) {
    const known = error instanceof CheckpointError ||
      error instanceof SyntaxError || error instanceof UserError;
    if (!known) throw error;
    throw new UserError(`Cannot load ${path}: ${error.message}`);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UserError(
        `Cannot find the file of weights ${path}; relative paths start at ` +
          "the project's folder",
      );
    }
    if (error instanceof Deno.errors.IsADirectory) {
      throw new UserError(
        `Cannot load ${path}: it is a folder, expected a .safetensors or ` +
          ".pth file, such as the weights.safetensors of a train artifact",
      );
    }
    throw error;
  }
}

/** Zip, pickle, or, where the bytes tell nothing, by the file's name. */
function isPyTorch(path: string, bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (first === 0x50 && second === 0x4b) return true;
  if (first === 0x80 && second! <= 5) return bytes[8] !== 0x7b;
  return /\.(pth|pt|pkl|ckpt|bin)$/.test(path);
}

function fromPyTorch(bytes: Uint8Array, entry?: string): WeightsFile {
  const file = readPth(bytes, { entry });
  return {
    format: `PyTorch (${file.layout})`,
    entry: file.entry,
    tensors: file.tensors,
    metadata: file.metadata,
    bytes: bytes.length,
  };
}

function fromSafetensors(bytes: Uint8Array): WeightsFile {
  const metadata = safetensorsMetadata(bytes);
  if (metadata.format === TRAIN_STATE) {
    throw new UserError(
      "it is the state of a training that was interrupted at iteration " +
        `${metadata.iteration}. Run the same config again to go on with it; ` +
        "what can be loaded is the weights.safetensors of its artifact",
    );
  }
  return {
    format: "safetensors",
    entry: null,
    tensors: parseSafetensors(bytes),
    metadata,
    bytes: bytes.length,
  };
}
