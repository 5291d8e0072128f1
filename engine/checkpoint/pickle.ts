/**
 * The pickles inside PyTorch files. A pickle may name any Python function;
 * here a handful is understood and every other name becomes an inert
 * placeholder, so that no file can make anything run.
 * @module
 */
import { type BufferReader, Parser } from "pickleparser";
import type { Storage, TensorView } from "./storage.ts";

/** A pickle's value: nested Map, array, number, string, view or placeholder. */
export type PickleValue = unknown;

/** Reads pickles that share their storages. */
export interface Unpickler {
  /** Reads the next pickle of the bytes. */
  next(reader: BufferReader): PickleValue;
  /** Storages named so far, by key. */
  readonly storages: Map<string, Storage>;
  /** Keys of storages that are parts of another one (old files). */
  readonly parts: Map<string, StoragePart>;
}

/** A storage that lies within another. */
export interface StoragePart {
  /** Key of the storage that holds it. */
  whole: string;
  /** First element. */
  offset: number;
  /** Elements. */
  length: number;
}

/** A dict or object of a class that is not understood: holds its items. */
class Inert extends Map<unknown, unknown> {
  push(): void {}
  add(): void {}
  __setstate__(): void {}
  __setnewargs_ex__(): void {}
}

/** Starts reading one file. */
export function unpickler(): Unpickler {
  const storages = new Map<string, Storage>();
  const parts = new Map<string, StoragePart>();
  const parser = new Parser({
    nameResolver: { resolve },
    persistentResolver: {
      resolve: (id) => storageOf(id as unknown, storages, parts),
    },
    extensionResolver: { resolve: () => inert },
    unpicklingTypeOfDictionary: "Map",
  });
  return { next: (reader) => parser.read(reader), storages, parts };
}

/** The tensor that a pickle's value is, or null. */
export function viewOf(value: PickleValue): TensorView | null {
  if (value instanceof View) return value;
  return value instanceof OldTensor ? value.view : null;
}

class View implements TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/**
 * A tensor or parameter of torch before 0.4, as torchvision's older files hold
 * them: made empty, then given a state of four (storage, offset, shape,
 * strides) or of five that starts with the tensor.
 */
class OldTensor {
  view: TensorView | null = null;
  __setstate__(state: unknown): void {
    if (!Array.isArray(state)) return;
    const [first, offset, shape, strides] = state;
    if (state.length === 4) this.view = new View(first, offset, shape, strides);
    else this.view = viewOf(first);
  }
}

/** Called with a tensor, or constructed empty. */
function oldTensor(tensor?: unknown): unknown {
  return viewOf(tensor) ?? new OldTensor();
}

const OLD_TENSOR = new RegExp(
  "^torch\\.(nn\\.parameter\\.Parameter|autograd\\.variable\\.Variable|" +
    "(cuda\\.)?\\w*Tensor)$",
);

// deno-lint-ignore no-explicit-any -- pickleparser's type of a constructor
type Callable = (...args: any[]) => unknown;

/** What a global name of the pickle stands for; called or constructed. */
function resolve(module: string, name: string): Callable {
  const known = FUNCTIONS[`${module}.${name}`];
  if (known) return known;
  if (/^torch(\.storage)?$/.test(module) && name.endsWith("Storage")) {
    return Object.assign(() => new Inert(), { storageType: name });
  }
  if (module === "torch" && /^[a-z]+\d+\w*$/.test(name)) {
    return Object.assign(() => new Inert(), { typeName: `torch.${name}` });
  }
  return OLD_TENSOR.test(`${module}.${name}`) ? oldTensor : inert;
}

function inert(): Inert {
  return new Inert();
}

/** A placeholder that a pickle may call in its turn. */
function inertFunction(): Callable {
  return Object.assign(() => new Inert(), { __setstate__() {} });
}

function rebuildTensor(
  storage: Storage,
  offset: number,
  shape: number[],
  strides: number[],
): TensorView {
  return new View(storage, offset, shape, strides);
}

/** Types without a storage class of their own: a flat one and a type. */
function rebuildTyped(
  storage: Storage,
  offset: number,
  shape: number[],
  strides: number[],
  _requiresGrad?: boolean,
  _hooks?: unknown,
  type?: { typeName?: string },
): TensorView {
  const typed = { ...storage, type: type?.typeName ?? storage.type };
  // Where the bytes are becomes known later.
  Object.defineProperty(typed, "load", { get: () => storage.load });
  return new View(typed, offset, shape, strides);
}

const FUNCTIONS: Record<string, Callable> = {
  "collections.OrderedDict": (items: [unknown, unknown][] = []) => {
    const map = inert();
    for (const [key, value] of items) map.set(key, value);
    return map;
  },
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTyped,
  "torch._tensor._rebuild_from_type_v2": (
    rebuild: Callable,
    _type: unknown,
    args: unknown[],
  ) => rebuild(...args),
  "functools.partial": inertFunction,
  "builtins.getattr": inertFunction,
  "__builtin__.getattr": inertFunction,
  "torch._utils._rebuild_parameter": (tensor: unknown) => tensor,
  "torch._utils._rebuild_parameter_with_state": (tensor: unknown) => tensor,
};

/** ("storage", class, key, device, elements, part?) → the storage. */
function storageOf(
  id: unknown,
  storages: Map<string, Storage>,
  parts: Map<string, StoragePart>,
): unknown {
  if (!Array.isArray(id) || id[0] !== "storage") return inert();
  const [, kind, root, , , part] = id;
  const type = (kind as { storageType?: string } | null)?.storageType;
  const whole = String(root);
  let key = whole;
  if (Array.isArray(part)) {
    const [partKey, offset, length] = part;
    key = String(partKey);
    parts.set(key, { whole, offset, length });
  }
  const known = storages.get(key);
  if (known) return known;
  const storage: Storage = { key, type: type ?? "unknown storage" };
  storages.set(key, storage);
  if (!storages.has(whole)) {
    storages.set(whole, { key: whole, type: storage.type });
  }
  return storage;
}
