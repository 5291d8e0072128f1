/**
 * Exports a tfjs function as an ONNX model.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { withTracer } from "./backend.ts";
import { checkGraph } from "./check.ts";
import { symbol } from "./ir.ts";
import type { Graph, Value } from "./ir.ts";
import { optimize, type Wishes } from "./passes/mod.ts";
import { nameGraph } from "./passes/names.ts";
import { encodeModel, OPSETS } from "./proto.ts";
import { type DataId, elementOf, type Tracer } from "./tracer.ts";

/** Tensors by name. */
export type Tensors = Record<string, tf.Tensor>;

/** Shape and type of an input; the type defaults to float32. */
export interface Spec {
  /** Static; a traced function is for one shape. */
  readonly shape: readonly number[];
  /** Element type, default `float32`. */
  readonly dtype?: "float32" | "int32" | "bool";
}

/** How to export. */
export interface ExportOptions extends Wishes {
  /** ONNX operator set, 17 (the default) to 22. */
  readonly opset?: number;
  /** Written as the model's producer. */
  readonly producer?: string;
  /** Written as the model's metadata properties, such as class names. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Captured weights by state_dict name; initializers take these names. */
  readonly names?: ReadonlyMap<string, tf.Tensor> | Readonly<Tensors>;
  /** False keeps the graph as traced: for debugging and comparison. */
  readonly optimize?: boolean;
  /** Called with the graph after tracing and after each pass. */
  readonly onGraph?: (pass: string, graph: Graph) => void;
}

/**
 * Traces `fn` once and writes the operations it ran as an ONNX model.
 *
 * The model's inputs and outputs carry the keys of the records, in their
 * order; an input that `fn` does not read stays an input. Tensors that `fn`
 * captures become initializers; they are copied, wherever they live, and stay
 * usable. The tfjs backend that was active is active again afterwards.
 *
 * @param fn A pure function of tensors: it may not read values, nor draw
 * random numbers. Control flow of JavaScript is frozen as traced.
 * @param specs Static shapes of the inputs.
 * @returns The bytes of a .onnx file.
 * @throws Error that names the kernel, its operands and where it ran.
 */
export function exportOnnx(
  fn: (inputs: Tensors) => Tensors,
  specs: Readonly<Record<string, Spec>>,
  options: ExportOptions = {},
): Uint8Array {
  const opset = options.opset ?? 17;
  const graph = exportGraph(fn, specs, options);
  const producer = options.producer ?? "tfjs-onnx";
  const metadata = options.metadata ?? {};
  return encodeModel(graph, { opset, producer, metadata });
}

/** The graph that {@link exportOnnx} writes, named and checked. */
export function exportGraph(
  fn: (inputs: Tensors) => Tensors,
  specs: Readonly<Record<string, Spec>>,
  options: ExportOptions = {},
): Graph {
  const opset = options.opset ?? 17;
  if (!OPSETS.includes(opset)) {
    throw new RangeError(
      `Cannot write ONNX operator set ${opset}: expected ` +
        `${OPSETS[0]} to ${OPSETS.at(-1)}`,
    );
  }
  const traced = withTracer(
    opset,
    storageNames(options.names),
    (tracer) => trace(tracer, fn, specs),
  );
  const observe = (pass: string, graph: Graph) => {
    checkGraph(graph, pass, false);
    if (options.onGraph) options.onGraph(pass, nameGraph(graph));
  };
  observe("trace", traced);
  const passed = options.optimize === false
    ? traced
    : optimize(traced, opset, observe, options);
  const named = nameGraph(passed);
  checkGraph(named, "naming");
  options.onGraph?.("names", named);
  return named;
}

function trace(
  tracer: Tracer,
  fn: (inputs: Tensors) => Tensors,
  specs: Readonly<Record<string, Spec>>,
): Graph {
  const inputs: Value[] = [];
  const tensors: Tensors = {};
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const value = symbol([...shape], elementOf(dtype ?? "float32"), name);
    inputs.push(value);
    const info = tracer.bind(value);
    tensors[name] = tf.engine().makeTensorFromTensorInfo(info);
  }
  const results = fn(tensors);
  const outputs = Object.entries(results).map(([name, tensor]) => {
    if (tensor instanceof tf.Tensor) {
      return { name, value: tracer.lookup(tensor) };
    }
    throw new TypeError(
      `Cannot export the output "${name}": expected a tensor, found ` +
        `${tensor === null ? "null" : typeof tensor}`,
    );
  });
  for (const name of Object.keys(results)) {
    if (name in specs) {
      throw new TypeError(
        `Cannot export: "${name}" names both an input and an output, ` +
          "expected different names",
      );
    }
  }
  return { inputs, outputs, nodes: tracer.nodes };
}

function storageNames(
  names: ExportOptions["names"] = {},
): Map<DataId, string> {
  const entries = names instanceof Map
    ? [...names.entries()]
    : Object.entries(names as Tensors);
  const storages = new Map<DataId, string>();
  for (const [name, tensor] of entries as [string, tf.Tensor][]) {
    // Aliases of one tensor: the first name counts.
    if (!storages.has(tensor.dataId)) storages.set(tensor.dataId, name);
  }
  return storages;
}
