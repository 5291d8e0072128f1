/**
 * The state of one export: which tfjs tensor is which value of the graph.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { Builder } from "./builder.ts";
import {
  type Constant,
  constant,
  type Data,
  dataOf,
  type ElementType,
  isConstant,
  sameNumbers,
  UNNAMED,
  type Value,
} from "./ir.ts";

/** tfjs' handle of a tensor's storage. */
export type DataId = tf.DataId;

/** Emits nodes and remembers the value behind every tfjs storage. */
export class Tracer extends Builder {
  #values = new Map<DataId, Value>();
  #names: ReadonlyMap<DataId, string>;
  #module = "";

  /** @param names Names of captured weights by their storage. */
  constructor(opset: number, names: ReadonlyMap<DataId, string>) {
    super(opset);
    this.#names = names;
  }

  /** The module whose weights were used last, and the running tfjs scopes. */
  override scope(): string {
    const scopes: { name?: string }[] = tf.engine().state.scopeStack;
    const named = scopes.map((scope) => scope.name?.replace(/__op$/, "") ?? "")
      .filter((name) => name && name !== "unnamed scope");
    return [this.#module, ...new Set(named)].filter(Boolean).join("/");
  }

  /** Binds a value to a new storage, which tfjs may wrap in a tensor. */
  bind(value: Value): tf.TensorInfo {
    const { type } = value;
    if (type !== "float32" && type !== "int32" && type !== "bool") {
      throw new Error(`${type} values cannot leave a kernel: cast to int32`);
    }
    const dataId = {};
    this.#values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: type };
  }

  /** Stores numbers that tfjs made in JavaScript, such as a scalar. */
  write(
    values: tf.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
  ): DataId {
    if (values === null) {
      throw new Error("Cannot trace a tensor without values");
    }
    const data = toData(values, dtype);
    return this.bind(constant(data, shape, elementOf(dtype))).dataId;
  }

  forget(dataId: DataId): void {
    this.#values.delete(dataId);
  }

  /** The numbers of a constant; a symbolic tensor has none. */
  read(dataId: DataId): Data {
    const value = this.#values.get(dataId);
    if (isConstant(value)) return value.data;
    throw new Error(
      `Cannot read the values of a tensor of shape [${value?.shape}] while ` +
        `exporting to ONNX (in ${this.scope() || "the traced function"}): ` +
        "they are known only when the graph runs. Compute what depends on " +
        "them with tensors, or on the host and pass it as an input",
    );
  }

  /** The value of a tensor; one of another backend becomes a constant. */
  lookup(info: tf.TensorInfo): Value {
    const known = this.#values.get(info.dataId);
    const value = known ?? this.#capture(info);
    if (value.name !== UNNAMED && isConstant(value)) {
      this.#module = value.name.slice(0, value.name.lastIndexOf("."));
    }
    if (sameNumbers(value.shape, info.shape)) return value;
    // Backends share one storage among reshaped tensors.
    if (isConstant(value)) {
      return constant(value.data, [...info.shape], value.type, value.name);
    }
    return this.reshape(value, info.shape);
  }

  /**
   * Copies a tensor of another backend. The original stays where it is, so
   * that weights need not travel back to the device after an export.
   */
  #capture(info: tf.TensorInfo): Constant {
    const values = tf.engine().readSync(info.dataId);
    const name = this.#names.get(info.dataId) ?? UNNAMED;
    // A copy, since some backends hand out the memory they compute in.
    const data = toData(values, info.dtype).slice();
    const value = constant(data, [...info.shape], elementOf(info.dtype), name);
    this.#values.set(info.dataId, value);
    return value;
  }
}

/** The element type of a tfjs dtype. */
export function elementOf(dtype: tf.DataType): ElementType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") {
    return dtype;
  }
  throw new TypeError(
    `Cannot export a tensor of dtype "${dtype}": expected float32, int32 or ` +
      "bool",
  );
}

function toData(values: tf.BackendValues, dtype: tf.DataType): Data {
  const type = elementOf(dtype);
  const fits = type === "float32" && values instanceof Float32Array ||
    type === "int32" && values instanceof Int32Array ||
    type === "bool" && values instanceof Uint8Array;
  return fits ? values as Data : dataOf(type, values as ArrayLike<number>);
}
