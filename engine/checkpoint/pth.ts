/**
 * PyTorch's .pth files: the zip layout (since torch 1.6) and the older one
 * of pickles in a row.
 * @module
 */
import { openArchive } from "./archive.ts";
import { CheckpointError } from "./error.ts";
import { type PickleValue, unpickler, viewOf } from "./pickle.ts";
import { PickleReader } from "./reader.ts";
import {
  elementBytes,
  materialize,
  type PthTensor,
  type TensorView,
} from "./storage.ts";

/** A .pth file, read. */
export interface PthFile {
  /** How torch wrote it. */
  layout: "zip" | "legacy";
  /** Key of the dict that held the tensors; null for the whole file. */
  entry: string | null;
  /** The state dict's tensors by name, in the file's order. */
  tensors: Map<string, PthTensor>;
  /** Texts, numbers and lists of them in the file's other entries. */
  metadata: Record<string, string>;
}

/** Options of {@linkcode readPth}. */
export interface PthOptions {
  /** Key of the state dict, where the file holds several. */
  entry?: string;
}

/**
 * Where checkpoints keep their state dict, the first one that is there:
 * running averages of weights are what was evaluated, so they come first.
 */
const ENTRIES = [
  "state_dict_ema",
  "ema_state_dict",
  "model_ema",
  "ema_state",
  "state_dict",
  "model_state_dict",
  "model",
  "module",
];

/** All tensors of a .pth file's state dict; see {@linkcode readPth}. */
export function parsePth(bytes: Uint8Array): Map<string, PthTensor> {
  return readPth(bytes).tensors;
}

/**
 * Reads the state dict of a .pth file: one of its entries, or the whole file
 * where it has none. Other entries (optimizer state) are left out but for
 * plain metadata, and no code of the file runs.
 *
 * @throws {CheckpointError} when the file is not a readable checkpoint.
 */
export function readPth(
  bytes: Uint8Array,
  { entry: wanted }: PthOptions = {},
): PthFile {
  try {
    const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
    const root = isZip ? readZip(bytes) : readLegacy(bytes);
    const { entry, state } = stateDictOf(root, wanted);
    const tensors = new Map<string, PthTensor>();
    for (const [name, view] of state) {
      tensors.set(name, materialize(name, view));
    }
    return {
      layout: isZip ? "zip" : "legacy",
      entry,
      tensors,
      metadata: metadataOf(root as Map<unknown, unknown>, entry),
    };
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(`Cannot read the PyTorch file: ${reason}`, {
      cause: error,
    });
  }
}

function stateDictOf(
  root: PickleValue,
  wanted?: string,
): { entry: string | null; state: Map<string, TensorView> } {
  if (!(root instanceof Map)) {
    throw new CheckpointError(
      "The PyTorch file holds no dict, expected a state dict",
    );
  }
  for (const entry of wanted === undefined ? ENTRIES : [wanted]) {
    const state = viewsOf(root.get(entry));
    if (state.size > 0) return { entry, state };
  }
  if (wanted !== undefined) {
    const keys = [...root.keys()].slice(0, 8).map((key) => `"${key}"`);
    throw new CheckpointError(
      `The PyTorch file has no tensors under "${wanted}"; its entries are ` +
        keys.join(", "),
    );
  }
  const state = viewsOf(root);
  if (state.size > 0) return { entry: null, state };
  throw new CheckpointError(
    "The PyTorch file holds no tensors by name, expected a state dict " +
      'or a dict with the entry "state_dict"',
  );
}

function viewsOf(value: unknown): Map<string, TensorView> {
  const views = new Map<string, TensorView>();
  if (!(value instanceof Map)) return views;
  for (const [name, item] of value) {
    const view = viewOf(item);
    if (view) views.set(String(name), view);
  }
  return views;
}

/** Plain values beside the state dict, one level of dicts deep. */
function metadataOf(
  root: Map<unknown, unknown>,
  entry: string | null,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [key, value] of root) {
    if (key === entry) continue;
    const items = value instanceof Map ? [...value] : [["", value] as const];
    for (const [name, item] of items) {
      const text = plainText(item);
      if (text === null) continue;
      metadata[name === "" ? String(key) : `${key}.${name}`] = text;
    }
  }
  return metadata;
}

function plainText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (["number", "bigint", "boolean"].includes(typeof value)) return `${value}`;
  if (!Array.isArray(value) || value.length === 0) return null;
  const items = value.map(plainText);
  return items.includes(null) ? null : items.join(", ");
}

/** `<folder>/data.pkl` and one file a storage, `<folder>/data/<key>`. */
function readZip(bytes: Uint8Array): PickleValue {
  const archive = openArchive(bytes);
  const path = archive.names.find((name) => /(^|\/)data\.pkl$/.test(name));
  if (path === undefined) {
    throw new CheckpointError(
      "The zip file holds no data.pkl, expected a file of torch.save",
    );
  }
  const folder = path.slice(0, -"data.pkl".length);
  const order = archive.read(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order).trim() === "big") {
    throw new CheckpointError(
      "The file was written on a big-endian machine, expected little-endian",
    );
  }
  const { next, storages } = unpickler();
  const root = next(new PickleReader(archive.read(path)!));
  for (const storage of storages.values()) {
    // Read and checked when a tensor wants it: optimizer states never are.
    storage.load = () => archive.read(`${folder}data/${storage.key}`);
  }
  return root;
}

/** The number that opens older files, pickled by any protocol. */
const MAGIC = 0x1950a86a20f9469cfc6cn;

/** Magic, version, system, object, storage keys; then the storages. */
function readLegacy(bytes: Uint8Array): PickleValue {
  const { next, storages, parts } = unpickler();
  const reader = new PickleReader(bytes);
  if (!opensWith(MAGIC, () => next(reader))) {
    throw new CheckpointError(
      "The file is neither a zip nor an older file of torch.save",
    );
  }
  next(reader);
  const system = next(reader);
  if (system instanceof Map && system.get("little_endian") === false) {
    throw new CheckpointError(
      "The file was written on a big-endian machine, expected little-endian",
    );
  }
  const root = next(reader);
  for (const key of next(reader) as unknown[]) {
    const count = reader.uint64();
    const storage = storages.get(String(key));
    const size = storage ? elementBytes(storage.type) : 1;
    const data = reader.bytes(count * size) as Uint8Array;
    if (storage) storage.load = () => data;
  }
  for (const [key, { whole, offset, length }] of parts) {
    const storage = storages.get(key)!;
    const size = elementBytes(storage.type);
    storage.load = () =>
      storages.get(whole)?.load?.()
        ?.subarray(offset * size, (offset + length) * size);
  }
  return root;
}

function opensWith(magic: bigint, read: () => unknown): boolean {
  try {
    return read() === magic;
  } catch {
    return false;
  }
}
