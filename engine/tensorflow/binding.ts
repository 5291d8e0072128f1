/**
 * The interface of tfjs-node's compiled addon (TFJSBinding), written over
 * TensorFlow's C API: tfjs-node's own kernels run on it unmodified. While a
 * function is recorded, the same calls add nodes to a graph.
 *
 * Source of the interface: tfjs-node/src/tfjs_binding.ts.
 * @module
 */
import type { Attribute } from "./attributes.ts";
import { type Address, TYPE } from "./capi.ts";
import { execute } from "./eager.ts";
import type { Captured, Graph, Output } from "./function/graph.ts";
import { readSync } from "./read.ts";
import type { Numbers, Value, Values } from "./values.ts";

/** What kernels get back: enough for a tfjs tensor. */
export interface Meta {
  id: number;
  shape: number[];
  dtype: number;
}

/** tfjs-node's door to TensorFlow. */
export class Binding {
  // Constants that tfjs-node's kernels read off the binding.
  readonly TF_FLOAT = TYPE.float32;
  readonly TF_INT32 = TYPE.int32;
  readonly TF_UINT8 = TYPE.uint8;
  readonly TF_STRING = TYPE.string;
  readonly TF_COMPLEX64 = 8;
  readonly TF_INT64 = TYPE.int64;
  readonly TF_BOOL = TYPE.bool;
  readonly TF_RESOURCE = 20;
  readonly TF_ATTR_STRING = 0;
  readonly TF_ATTR_INT = 1;
  readonly TF_ATTR_FLOAT = 2;
  readonly TF_ATTR_BOOL = 3;
  readonly TF_ATTR_TYPE = 4;
  readonly TF_ATTR_SHAPE = 5;
  readonly TF_ATTR_RESOURCE = 6;
  readonly TensorMetadata = class {};
  readonly TFEOpAttr = class {};
  readonly TF_Version: string;

  #graph: Graph | null = null;

  constructor(readonly values: Values) {
    this.TF_Version = values.api.version;
  }

  isUsingGpuDevice(): boolean {
    return this.values.device.kind === "gpu";
  }

  getNumOfTensors(): number {
    return this.values.size;
  }

  getNumOfSavedModels(): number {
    return 0;
  }

  createTensor(shape: number[], dtype: number, values: unknown): number {
    // Constants of a recording need not reach the device.
    const wait = this.#graph !== null;
    return this.values.create(shape, dtype, numbers(values, dtype), wait);
  }

  deleteTensor(id: number): void {
    this.values.delete(id);
  }

  tensorDataSync(id: number): ArrayBufferView {
    return readSync(this.values, id);
  }

  /** Runs, or records, one operation. */
  executeOp(
    name: string,
    attributes: Attribute[],
    ids: number[],
    count: number,
  ): Meta[] {
    if (!this.#graph) {
      return this.execute(
        name,
        attributes,
        ids.map((id) => this.handle(id)),
        count,
      );
    }
    const inputs = ids.map((id) => this.symbol(id));
    return this.#graph.operation(name, attributes, inputs, count)
      .map(({ output, shape, dtype }) =>
        this.#put({ symbol: output, shape, dtype, handle: null, host: null })
      );
  }

  /** Runs an operation or a function at once. */
  execute(
    name: string,
    attributes: readonly Attribute[],
    handles: readonly Address[],
    count: number,
  ): Meta[] {
    const { api, context } = this.values;
    return execute(api, context, name, attributes, handles, count)
      .map((result) => this.#put({ ...result, host: null, symbol: null }));
  }

  /** The device value of a tensor; it has none while it is recorded. */
  handle(id: number): Address {
    return this.values.handle(this.values.get(id));
  }

  #put(value: Value): Meta {
    const { shape, dtype } = value;
    return { id: this.values.put(value), shape, dtype };
  }

  // ---- recording ----

  /** Calls `body` while operations go into the graph. */
  record<T>(graph: Graph, body: () => T): T {
    if (this.#graph) throw new Error("Cannot record inside a recording");
    this.#graph = graph;
    try {
      return body();
    } finally {
      this.#graph = null;
    }
  }

  /** A fresh input of the graph. */
  placeholder(
    graph: Graph,
    shape: number[],
    dtype: number,
  ): Meta & { output: Output } {
    const output = graph.placeholder(shape, dtype);
    const value = { symbol: output, shape, dtype, handle: null, host: null };
    return { ...this.#put(value), output };
  }

  /** Whether a tensor belongs to the graph, not to the device. */
  isSymbol(id: number): boolean {
    return this.values.get(id).symbol !== null;
  }

  /** What stands for a tensor in the graph: a node, constant or capture. */
  symbol(id: number): Output {
    const graph = this.#graph!;
    const value = this.values.get(id);
    if (value.symbol) return value.symbol;
    const { shape, dtype, host } = value;
    if (host) {
      return host.repeats > 1
        ? graph.filled(shape, dtype, host.bytes)
        : graph.constant(shape, dtype, host.bytes);
    }
    let captured = graph.captured.get(id);
    if (!captured) {
      captured = this.#capture(graph, value);
      graph.captured.set(id, captured);
    }
    return captured.placeholder;
  }

  /** The value as it is now, under a reference of the function's own. */
  #capture(graph: Graph, value: Value): Captured {
    const { api } = this.values;
    const handle = api.f.TFE_TensorHandleCopySharingTensor(
      this.values.handle(value),
      api.status,
    );
    api.check();
    return { placeholder: graph.placeholder(value.shape, value.dtype), handle };
  }
}

function numbers(values: unknown, dtype: number): Numbers {
  if (!Array.isArray(values)) return values as Numbers;
  if (dtype === TYPE.float32) return Float32Array.from(values);
  if (dtype === TYPE.int32) return Int32Array.from(values);
  return Uint8Array.from(values);
}
