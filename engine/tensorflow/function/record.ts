/**
 * Records a function of named tensors: its tfjs kernels become nodes.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NodeBackend } from "../backend.ts";
import type { Binding, Meta } from "../binding.ts";
import { type Address, TYPE } from "../capi.ts";
import { Graph, keyOf, type Output } from "./graph.ts";
import {
  type CompileOptions,
  inputOf,
  type Specs,
  type Tensors,
} from "./specs.ts";

/** Half types that autocast may compute in. */
const HALF = {
  float32: null,
  float16: TYPE.float16,
  bfloat16: TYPE.bfloat16,
} as const;

/** What recording needs. */
export interface Recorder {
  binding: Binding;
  backend: NodeBackend;
}

/** A recorded function, before TensorFlow makes something of it. */
export interface Recorded {
  graph: Graph;
  specs: Specs;
  /** Placeholders by input name. */
  inputs: Map<string, Output>;
  /** Results by name, as the function grouped them. */
  groups: Map<string, Output>[];
}

/**
 * Records a function. Shapes are static; no value can be read meanwhile.
 * Tensors that the function closes over are frozen: small ones made from host
 * numbers become constants, others are captured as they are now.
 */
export function record(
  recorder: Recorder,
  fn: (inputs: Tensors) => Tensors[],
  specs: Specs,
  options: CompileOptions,
): Recorded {
  const { binding } = recorder;
  const graph = new Graph(
    binding.values.api,
    HALF[options.precision ?? "float32"],
    options.jit ?? false,
  );
  const inputs = new Map<string, Output>();
  try {
    const groups = binding.record(graph, () =>
      scoped(() => {
        const symbols = placeholders(recorder, graph, specs, inputs);
        return nodesOf(recorder, graph, fn(symbols));
      }));
    return { graph, specs, inputs, groups };
  } catch (error) {
    releaseCaptured(graph);
    graph.dispose();
    throw error;
  }
}

function placeholders(
  { binding, backend }: Recorder,
  graph: Graph,
  specs: Specs,
  inputs: Map<string, Output>,
): Tensors {
  const symbols: Tensors = {};
  for (const [name, { shape, dtype = "float32" }] of Object.entries(specs)) {
    const meta = binding.placeholder(graph, [...shape], TYPE[dtype]);
    inputs.set(name, meta.output);
    symbols[name] = backend.createOutputTensor(meta);
  }
  return symbols;
}

/** Nodes of their own for all results: they must be distinct and no inputs. */
function nodesOf(
  { binding, backend }: Recorder,
  graph: Graph,
  groups: Tensors[],
): Map<string, Output>[] {
  const idOf = (tensor: tf.Tensor) => backend.getInputTensorIds([tensor])[0]!;
  const nodes = groups.map((group) =>
    new Map(
      Object.entries(group).map(([name, tensor]) => [
        name,
        graph.identity(binding.symbol(idOf(tensor))),
      ]),
    )
  );
  // Symbols that a gradient scope had to keep would outlive the recording.
  for (const tensor of new Set(groups.flatMap((g) => Object.values(g)))) {
    if (!tensor.isDisposed && binding.isSymbol(idOf(tensor))) tensor.dispose();
  }
  return nodes;
}

function scoped<T>(body: () => T): T {
  tf.engine().startScope("recording");
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

/** All placeholders: the named inputs, then what was captured. */
export function allInputs({ inputs, graph }: Recorded): Output[] {
  const captured = [...graph.captured.values()];
  return [...inputs.values(), ...captured.map((c) => c.placeholder)];
}

/** A function from named tensors to the handles of some placeholders. */
export function feeder(
  { binding, backend }: Recorder,
  { inputs, graph, specs }: Recorded,
  wanted: readonly Output[],
): (given: Tensors) => Address[] {
  const names = new Map([...inputs].map(([name, o]) => [keyOf(o), name]));
  const captured = new Map(
    [...graph.captured.values()].map((c) => [keyOf(c.placeholder), c.handle]),
  );
  const sources = wanted.map((output) => {
    const key = keyOf(output);
    return captured.get(key) ?? names.get(key)!;
  });
  return (given) =>
    sources.map((source) => {
      if (typeof source === "bigint") return source;
      const tensor = inputOf(given, source, specs[source]!);
      return binding.handle(backend.getInputTensorIds([tensor])[0]!);
    });
}

/** Frees the references to captured tensors. */
export function releaseCaptured({ api, captured }: Graph): void {
  for (const { handle } of captured.values()) {
    api.f.TFE_DeleteTensorHandle(handle);
  }
  captured.clear();
}

/** Results as tfjs tensors by name. */
export function results(
  { backend }: Recorder,
  names: readonly string[],
  metas: readonly Meta[],
): Tensors {
  return Object.fromEntries(
    names.map((name, i) => [name, backend.createOutputTensor(metas[i]!)]),
  );
}

let functions = 0;

/** A name that TensorFlow accepts and has not seen. */
export function uniqueName({ name = "function" }: CompileOptions): string {
  return `${name.replaceAll(/[^A-Za-z0-9_]/g, "_")}_${functions++}`;
}
