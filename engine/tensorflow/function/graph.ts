/**
 * A graph under construction: tfjs kernels add nodes to it instead of
 * computing.
 * @module
 */
import { ATTRIBUTE, type Attribute, setAttributes } from "../attributes.ts";
import { type Address, type CApi, cString, int64s, TYPE } from "../capi.ts";

/** An output of a node. */
export interface Output {
  op: Address;
  index: number;
  /** Name of the operation, for messages. */
  kind?: string;
}

/** A recorded node and what it reads. */
export interface Node {
  op: Address;
  kind: string;
  attributes: readonly Attribute[];
  inputs: Output[];
  /** Sizes of its outputs. */
  bytes: number[];
}

/** What is known of a node's output. */
export interface OutputInfo {
  output: Output;
  shape: number[];
  dtype: number;
}

/** A tensor that the recorded function closed over. */
export interface Captured {
  placeholder: Output;
  /** Our own reference to the value. */
  handle: Address;
}

/** Operations whose inputs hold one list: plain inputs before and after it. */
const LISTS: Record<string, readonly [number, number]> = {
  ConcatV2: [0, 1],
  Pack: [0, 0],
  AddN: [0, 0],
  Einsum: [0, 0],
  IdentityN: [0, 0],
  XlaOptimizationBarrier: [0, 0],
};

/** Operations that autocast runs in half precision. */
const AUTOCAST = new Set([
  "Conv2D",
  "Conv2DBackpropInput",
  "Conv2DBackpropFilter",
  "MatMul",
  "BatchMatMul",
  "BatchMatMulV2",
]);

/** Bytes of an element, by type; 4 for those that are not named. */
const SIZES: Record<number, number> = {
  [TYPE.uint8]: 1,
  [TYPE.bool]: 1,
  [TYPE.float16]: 2,
  [TYPE.bfloat16]: 2,
  [TYPE.int64]: 8,
};

/** A name that is unique for an output, for maps. */
export function keyOf({ op, index }: Output): string {
  return `${op}:${index}`;
}

/** The graph of one recorded function. */
export class Graph {
  readonly graph: Address;
  /** Nodes in the order of recording: inputs come before readers. */
  readonly nodes: Node[] = [];
  readonly constants = new Set<Address>();
  readonly captured = new Map<number, Captured>();
  #names = 0;

  /**
   * @param half type that autocast computes in, or null.
   * @param compiled whether XLA will compile it.
   */
  constructor(
    readonly api: CApi,
    readonly half: number | null,
    readonly compiled: boolean,
  ) {
    this.graph = api.f.TF_NewGraph();
  }

  #begin(kind: string, name: string): Address {
    return this.api.f.TF_NewOperation(
      this.graph,
      cString(kind),
      new TextEncoder().encode(`${name}_${this.#names++}\0`),
    );
  }

  #finish(description: Address): Address {
    const op = this.api.f.TF_FinishOperation(description, this.api.status);
    this.api.check();
    return op;
  }

  /** An input of the function. */
  placeholder(shape: readonly number[], dtype: number): Output {
    const { f } = this.api;
    const node = this.#begin("Placeholder", "input");
    f.TF_SetAttrType(node, cString("dtype"), dtype);
    f.TF_SetAttrShape(node, cString("shape"), int64s(shape), shape.length);
    return { op: this.#finish(node), index: 0, kind: "an input" };
  }

  /** A value that is part of the function. */
  constant(shape: readonly number[], dtype: number, bytes: Uint8Array): Output {
    const { f, status } = this.api;
    const tensor = this.api.tensor(shape, dtype, bytes);
    const node = this.#begin("Const", "const");
    f.TF_SetAttrType(node, cString("dtype"), dtype);
    f.TF_SetAttrTensor(node, cString("value"), tensor, status);
    this.api.check();
    f.TF_DeleteTensor(tensor);
    const op = this.#finish(node);
    this.constants.add(op);
    return { op, index: 0 };
  }

  /** A value all of whose elements are equal; given as one element. */
  filled(shape: readonly number[], dtype: number, element: Uint8Array): Output {
    const dims = Int32Array.from(shape);
    const bytes = new Uint8Array(dims.buffer);
    const size = this.constant([shape.length], TYPE.int32, bytes);
    const value = this.constant([], dtype, element);
    const types = [type("T", dtype), type("index_type", TYPE.int32)];
    return this.node("Fill", types, [size, value], 1)[0]!.output;
  }

  /** A node of its own for a result, whatever the result was. */
  identity(output: Output): Output {
    const types = [type("T", this.#type(output))];
    return this.node("Identity", types, [output], 1)[0]!.output;
  }

  /**
   * The same values, none of which exists before all do. TensorFlow's
   * IdentityN is that already; XLA, which sees through it, has its own.
   */
  barrier(values: readonly Output[]): Output[] {
    const value = values.map((value) => this.#type(value));
    const types = [{ name: "T", type: ATTRIBUTE.type, value }];
    return this.operation("IdentityN", types, values, values.length)
      .map(({ output }) => output);
  }

  /** Records an operation, in half precision where autocast says so. */
  operation(
    kind: string,
    attributes: readonly Attribute[],
    inputs: readonly Output[],
    count: number,
  ): OutputInfo[] {
    if (kind === "IdentityN" && this.compiled) {
      return this.node("XlaOptimizationBarrier", attributes, inputs, count);
    }
    const half = this.half;
    const T = attributes.find(({ name }) => name === "T");
    if (half === null || !AUTOCAST.has(kind) || T?.value !== TYPE.float32) {
      return this.node(kind, attributes, inputs, count);
    }
    const narrow = inputs.map((input) =>
      this.#type(input) === TYPE.float32
        ? this.#cast(input, TYPE.float32, half).output
        : input
    );
    const halved = attributes.map((a) => a === T ? { ...a, value: half } : a);
    return this.node(kind, halved, narrow, count)
      .map(({ output }) => this.#cast(output, half, TYPE.float32));
  }

  #cast(input: Output, from: number, to: number): OutputInfo {
    const types = [type("SrcT", from), type("DstT", to)];
    return this.node("Cast", types, [input], 1)[0]!;
  }

  /** Records an operation as it is. */
  node(
    kind: string,
    attributes: readonly Attribute[],
    inputs: readonly Output[],
    count: number,
  ): OutputInfo[] {
    const { f } = this.api;
    const node = this.#begin(kind, kind);
    const one = (input: Output) => f.TF_AddInput(node, packOne(input));
    const list = LISTS[kind];
    if (list) {
      const [before, after] = list;
      const end = inputs.length - after;
      inputs.slice(0, before).forEach(one);
      const middle = inputs.slice(before, end);
      f.TF_AddInputList(node, pack(middle), middle.length);
      inputs.slice(end).forEach(one);
    } else inputs.forEach(one);
    setAttributes(this.api, "TF_", node, attributes);
    const op = this.#finish(node);
    const outputs = Array.from(
      { length: count },
      (_, index) => this.#describe({ op, index, kind }),
    );
    const bytes = outputs.map(bytesOf);
    this.nodes.push({ op, kind, attributes, inputs: [...inputs], bytes });
    return outputs;
  }

  #type(output: Output): number {
    return this.api.f.TF_OperationOutputType(packOne(output));
  }

  #describe(output: Output): OutputInfo {
    const { f, status } = this.api;
    const packed = packOne(output);
    const rank = f.TF_GraphGetTensorNumDims(this.graph, packed, status);
    this.api.check();
    if (rank < 0) throw unknownShape(output.kind);
    const dims = new BigInt64Array(Math.max(rank, 1));
    f.TF_GraphGetTensorShape(this.graph, packed, dims, rank, status);
    this.api.check();
    const shape = Array.from(dims.subarray(0, rank), Number);
    if (shape.some((size) => size < 0)) throw unknownShape(output.kind);
    return { output, shape, dtype: this.#type(output) };
  }

  /** Frees the graph; functions made of it live on. */
  dispose(): void {
    this.api.f.TF_DeleteGraph(this.graph);
  }
}

function type(name: string, value: number): Attribute {
  return { name, type: ATTRIBUTE.type, value };
}

function bytesOf({ shape, dtype }: OutputInfo): number {
  return shape.reduce((a, b) => a * b, 1) * (SIZES[dtype] ?? 4);
}

function unknownShape(kind = "an operation"): Error {
  return new Error(
    `Cannot record ${kind}: its output shape depends on values. ` +
      "Recorded functions need static shapes",
  );
}

/** TF_Output structs in a row: 16 bytes each. */
export function pack(outputs: readonly Output[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 * Math.max(outputs.length, 1));
  const view = new DataView(bytes.buffer);
  outputs.forEach(({ op, index }, i) => {
    view.setBigUint64(16 * i, op, true);
    view.setInt32(16 * i + 8, index, true);
  });
  return bytes;
}

function packOne(output: Output): Uint8Array<ArrayBuffer> {
  return pack([output]);
}
