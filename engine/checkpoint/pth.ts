/**
 * PyTorch's .pth files: the zip layout (since torch 1.6) and the older one
 * of pickles in a row.
 * @module
 */
import { unzipSync } from "fflate";
import { BufferReader } from "pickleparser";
import { CheckpointError } from "./error.ts";
import { isView, type PickleValue, unpickler } from "./pickle.ts";
import { elementBytes, materialize, type PthTensor } from "./storage.ts";

/**
 * All tensors of a .pth file's state dict: of its entry `state_dict` or
 * `model` where it has one, else of the whole file. Other entries (meta
 * data, optimizer state) are left out, and no code of the file runs.
 *
 * @throws {CheckpointError} when the file is not a readable checkpoint.
 */
export function parsePth(bytes: Uint8Array): Map<string, PthTensor> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  let root: PickleValue;
  try {
    root = isZip ? readZip(bytes) : readLegacy(bytes);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(`Cannot read the PyTorch file: ${reason}`, {
      cause: error,
    });
  }
  const tensors = new Map<string, PthTensor>();
  for (const [name, value] of stateDictOf(root)) {
    if (isView(value)) {
      tensors.set(String(name), materialize(String(name), value));
    }
  }
  if (tensors.size === 0) {
    throw new CheckpointError(
      "The PyTorch file holds no tensors by name, expected a state dict " +
        'or a dict with the entry "state_dict"',
    );
  }
  return tensors;
}

function stateDictOf(root: PickleValue): Map<unknown, unknown> {
  if (!(root instanceof Map)) {
    throw new CheckpointError(
      "The PyTorch file holds no dict, expected a state dict",
    );
  }
  for (const key of ["state_dict", "model"]) {
    const inner = root.get(key);
    if (inner instanceof Map) return inner;
  }
  return root;
}

/** `<folder>/data.pkl` and one file a storage, `<folder>/data/<key>`. */
function readZip(bytes: Uint8Array): PickleValue {
  const small = unzipSync(bytes, {
    filter: ({ name }) => /(^|\/)(data\.pkl|byteorder)$/.test(name),
  });
  const path = Object.keys(small).find((name) => name.endsWith("data.pkl"));
  if (path === undefined) {
    throw new CheckpointError(
      "The zip file holds no data.pkl, expected a file of torch.save",
    );
  }
  const folder = path.slice(0, -"data.pkl".length);
  const order = small[`${folder}byteorder`];
  if (order && new TextDecoder().decode(order).trim() === "big") {
    throw new CheckpointError(
      "The file was written on a big-endian machine, expected little-endian",
    );
  }
  const { next, storages } = unpickler();
  const root = next(new BufferReader(small[path]!));
  const wanted = new Set(
    [...storages.keys()].map((key) => folder + "data/" + key),
  );
  const files = unzipSync(bytes, { filter: ({ name }) => wanted.has(name) });
  for (const storage of storages.values()) {
    storage.bytes = files[`${folder}data/${storage.key}`];
  }
  return root;
}

/** Pickle of the number 0x1950a86a20f9469cfc6c, which opens older files. */
const MAGIC = "80028a0a6cfc9c46f9206aa850192e";

/** Magic, version, system, object, storage keys; then the storages. */
function readLegacy(bytes: Uint8Array): PickleValue {
  const length = MAGIC.length / 2;
  const start = [...bytes.subarray(0, length)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (start !== MAGIC) {
    throw new CheckpointError(
      "The file is neither a zip nor an older file of torch.save",
    );
  }
  const reader = new BufferReader(bytes);
  reader.skip(length);
  const { next, storages, parts } = unpickler();
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
    if (storage) storage.bytes = data;
  }
  for (const [key, { whole, offset, length }] of parts) {
    const storage = storages.get(key)!;
    const size = elementBytes(storage.type);
    storage.bytes = storages.get(whole)?.bytes
      ?.subarray(offset * size, (offset + length) * size);
  }
  return root;
}
