/**
 * compile() and compileSplit(): a function of named tensors, recorded once,
 * run many times.
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Binding, Meta } from "./binding.ts";
import { TYPE } from "./capi.ts";
import { cut } from "./cut.ts";
import { TensorFlowFunction } from "./functions.ts";
import { keyOf, type Output, Recording } from "./recording.ts";

/** Tensors by name. */
export type Tensors = Record<string, tf.Tensor>;

/** Shape and type of an input, known before it exists. */
export interface TensorSpec {
  shape: readonly number[];
  /** float32 where left out. */
  dtype?: "float32" | "int32" | "bool";
}

/** How a function is recorded and run. */
export interface CompileOptions {
  /** Compile with XLA; the first run then takes long. */
  jit?: boolean;
  /** Type that convolutions and matrix products compute in. */
  precision?: "float32" | "float16" | "bfloat16";
  /** Shown in TensorFlow's errors. */
  name?: string;
}

/** A recorded function. */
export interface Compiled {
  /** Runs it; the caller disposes the results. */
  run(inputs: Tensors): Tensors;
  /** Operations recorded. */
  readonly nodes: number;
  dispose(): void;
}

/** What the early half leaves for the late one. */
export interface Saved {
  /** Frees it unused, where the late half will not run. */
  dispose(): void;
}

/** A function in two halves around values that the host makes in between. */
export interface CompiledSplit {
  early(inputs: Tensors): { outputs: Tensors; saved: Saved };
  /** Consumes what the early half saved. */
  late(saved: Saved, inputs: Tensors): Tensors;
  readonly nodes: { early: number; late: number; crossing: number };
  dispose(): void;
}

/** tfjs-node's backend, as far as it is needed here. */
export interface NodeBackend {
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(meta: Meta): tf.Tensor;
}

let functions = 0;

const HALF = {
  float32: null,
  float16: TYPE.float16,
  bfloat16: TYPE.bfloat16,
} as const;

/** Recording, inputs and results of one function. */
interface Recorded {
  recording: Recording;
  /** Placeholders by input name. */
  inputs: Map<string, Output>;
  groups: Map<string, Output>[];
  types: Map<string, number>;
}

/** Makes the two compilers of an engine. */
export function compilers(binding: Binding, backend: NodeBackend) {
  const idOf = (tensor: tf.Tensor) => backend.getInputTensorIds([tensor])[0]!;
  const wrap = (meta: Meta) => backend.createOutputTensor(meta);

  function record(
    body: (inputs: Tensors) => Tensors[],
    specs: Record<string, TensorSpec>,
    options: CompileOptions,
  ): Recorded {
    const half = HALF[options.precision ?? "float32"];
    const recording = new Recording(binding.api, half);
    const inputs = new Map<string, Output>();
    const groups = binding.record(recording, () =>
      gather(() => {
        const symbols: Tensors = {};
        for (const [name, { shape, dtype = "float32" }] of entries(specs)) {
          const meta = binding.placeholder([...shape], TYPE[dtype]);
          inputs.set(name, meta.output);
          symbols[name] = wrap(meta);
        }
        return body(symbols);
      }, (tensor) =>
        // A node of its own: results must be distinct and no inputs.
        recording.identity(
          binding.symbolOf(idOf(tensor)),
          TYPE[tensor.dtype as "float32"],
        )));
    return { recording, inputs, groups, types: new Map() };
  }

  function handles(
    { inputs, recording }: Recorded,
    wanted: readonly Output[],
    given: Tensors,
    specs: Record<string, TensorSpec>,
  ) {
    const names = new Map([...inputs].map(([name, o]) => [keyOf(o), name]));
    const captured = new Map(
      [...recording.captured.values()].map((c) => [
        keyOf(c.placeholder),
        c.handle,
      ]),
    );
    return wanted.map((output) => {
      const own = captured.get(keyOf(output));
      if (own !== undefined) return own;
      const name = names.get(keyOf(output))!;
      return binding.handleOf(idOf(checked(name, given[name], specs[name]!)));
    });
  }

  const name = (options: CompileOptions) =>
    `${options.name ?? "function"}_${functions++}`;

  function compile(
    fn: (inputs: Tensors) => Tensors,
    specs: Record<string, TensorSpec>,
    options: CompileOptions = {},
  ): Compiled {
    const recorded = record((inputs) => [fn(inputs)], specs, options);
    const { recording, groups } = recorded;
    const outputs = groups[0]!;
    const inputs = allInputs(recorded);
    const compiled = new TensorFlowFunction(binding, recording, {
      name: name(options),
      operations: null,
      inputs,
      outputs: [...outputs.values()],
    }, { jit: options.jit ?? false });
    const keys = [...outputs.keys()];
    recording.dispose();
    return {
      nodes: recording.nodes.length,
      run: (given) =>
        zip(keys, compiled.run(handles(recorded, inputs, given, specs)), wrap),
      dispose() {
        compiled.dispose();
        release(binding, recording);
      },
    };
  }

  function compileSplit(
    fn: (inputs: Tensors) => { early: Tensors; late: Tensors },
    specs: Record<string, TensorSpec>,
    lateInputs: readonly string[],
    options: CompileOptions = {},
  ): CompiledSplit {
    const recorded = record(
      (inputs) => {
        const { early, late } = fn(inputs);
        return [early, late];
      },
      specs,
      options,
    );
    const { recording, inputs, groups: [first, second] } = recorded;
    const parts = cut(
      recording,
      allInputs(recorded),
      lateInputs.map((input) => inputs.get(input)!),
      [...first!.values()],
      [...second!.values()],
    );
    const jit = options.jit ?? false;
    const base = name(options);
    // A crossing value may be an early output too; each appears once.
    const crossing = parts.crossing.filter((output) =>
      ![...first!.values()].some((o) => keyOf(o) === keyOf(output))
    );
    const earlyOutputs = [...first!.values(), ...crossing];
    const early = new TensorFlowFunction(binding, recording, {
      name: `${base}_early`,
      operations: parts.early.operations,
      inputs: parts.early.inputs,
      outputs: earlyOutputs,
    }, { jit });
    const late = new TensorFlowFunction(binding, recording, {
      name: `${base}_late`,
      operations: parts.late.operations,
      inputs: [...parts.crossing, ...parts.late.inputs],
      outputs: [...second!.values()],
    }, { jit });
    recording.dispose();
    const places = parts.crossing.map((output) =>
      earlyOutputs.findIndex((o) => keyOf(o) === keyOf(output))
    );
    const earlyKeys = [...first!.keys()];
    const lateKeys = [...second!.keys()];
    return {
      nodes: {
        early: parts.early.operations.length,
        late: parts.late.operations.length,
        crossing: parts.crossing.length,
      },
      early(given) {
        const metas = early.run(
          handles(recorded, parts.early.inputs, given, specs),
        );
        const outputs = zip(earlyKeys, metas.slice(0, earlyKeys.length), wrap);
        return {
          outputs,
          saved: new SavedValues(binding, metas, earlyKeys.length),
        };
      },
      late(saved, given) {
        const values = saved as SavedValues;
        const ids = places.map((place) => values.handle(place));
        const rest = handles(recorded, parts.late.inputs, given, specs);
        const metas = late.run([...ids, ...rest]);
        values.dispose();
        return zip(lateKeys, metas, wrap);
      },
      dispose() {
        early.dispose();
        late.dispose();
        release(binding, recording);
      },
    };
  }

  return { compile, compileSplit };
}

/** Early results that the late half reads; early outputs belong to the caller. */
class SavedValues implements Saved {
  #metas: Meta[] | null;

  constructor(
    readonly binding: Binding,
    metas: Meta[],
    readonly owned: number,
  ) {
    this.#metas = metas;
  }

  handle(place: number): bigint {
    if (!this.#metas) throw new Error("Cannot run the late half twice");
    return this.binding.handleOf(this.#metas[place]!.id);
  }

  dispose(): void {
    for (const { id } of this.#metas?.slice(this.owned) ?? []) {
      this.binding.deleteTensor(id);
    }
    this.#metas = null;
  }
}

/** Calls a body in a tidy and turns its tensors into nodes before it ends. */
function gather(
  body: () => Tensors[],
  convert: (tensor: tf.Tensor) => Output,
): Map<string, Output>[] {
  tf.engine().startScope("recording");
  try {
    const groups = body();
    const nodes = groups.map((group) =>
      new Map(entries(group).map(([name, tensor]) => [name, convert(tensor)]))
    );
    // Symbols that a gradient scope had to keep would outlive the recording.
    tf.dispose(groups);
    return nodes;
  } finally {
    tf.engine().endScope();
  }
}

function entries<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record);
}

function allInputs({ inputs, recording }: Recorded): Output[] {
  const captured = [...recording.captured.values()];
  return [...inputs.values(), ...captured.map((c) => c.placeholder)];
}

function checked(
  name: string,
  tensor: tf.Tensor | undefined,
  spec: TensorSpec,
): tf.Tensor {
  const dtype = spec.dtype ?? "float32";
  if (!tensor) throw new Error(`Cannot run: the input ${name} is missing`);
  if (`${tensor.shape}` !== `${spec.shape}` || tensor.dtype !== dtype) {
    throw new Error(
      `Cannot run: the input ${name} is ${tensor.dtype} [${tensor.shape}], ` +
        `recorded for ${dtype} [${spec.shape}]`,
    );
  }
  return tensor;
}

function zip(
  keys: readonly string[],
  metas: readonly Meta[],
  wrap: (meta: Meta) => tf.Tensor,
): Tensors {
  return Object.fromEntries(keys.map((key, i) => [key, wrap(metas[i]!)]));
}

function release(binding: Binding, recording: Recording): void {
  for (const { handle } of recording.captured.values()) {
    binding.api.f.TFE_DeleteTensorHandle(handle);
  }
  recording.captured.clear();
}
