/**
 * compileSplit(): one recording, run in two halves around values that the
 * host makes in between.
 * @module
 */
import type { Binding, Meta } from "../binding.ts";
import type { Address } from "../capi.ts";
import { type Cut, cut } from "./cut.ts";
import { TensorFlowFunction } from "./function.ts";
import {
  allInputs,
  feeder,
  record,
  type Recorded,
  type Recorder,
  releaseCaptured,
  results,
  uniqueName,
} from "./record.ts";
import type { CompileOptions, Specs, Tensors } from "./specs.ts";

/** What the early half leaves for the late one. */
export interface Saved {
  /** Frees it unused, where the late half will not run. */
  dispose(): void;
}

/** A function in two halves. */
export interface CompiledSplit {
  /** The caller disposes the outputs. */
  early(inputs: Tensors): { outputs: Tensors; saved: Saved };
  /** Consumes what the early half saved. */
  late(saved: Saved, inputs: Tensors): Tensors;
  /** Operations of either half. */
  readonly nodes: {
    early: number;
    late: number;
    /** Values that the late half takes from the early one. */
    crossing: number;
    /** Their size in bytes. */
    bytes: number;
  };
  /** Frees both halves, and their references to captured tensors. */
  dispose(): void;
}

/**
 * Records a function and cuts it in two.
 * @param lateInputs inputs that exist only once the early half has run.
 */
export function compileSplit(
  recorder: Recorder,
  fn: (inputs: Tensors) => { early: Tensors; late: Tensors },
  specs: Specs,
  lateInputs: readonly string[],
  options: CompileOptions = {},
): CompiledSplit {
  const unknown = lateInputs.find((name) => !(name in specs));
  if (unknown) throw new Error(`The late input ${unknown} has no spec`);
  const recorded = record(
    recorder,
    (inputs) => {
      const { early, late } = fn(inputs);
      return [early, late];
    },
    specs,
    options,
  );
  try {
    return halves(recorder, recorded, lateInputs, options);
  } catch (error) {
    releaseCaptured(recorded.graph);
    throw error;
  } finally {
    recorded.graph.dispose();
  }
}

function halves(
  recorder: Recorder,
  recorded: Recorded,
  lateInputs: readonly string[],
  options: CompileOptions,
): CompiledSplit {
  type Group = Recorded["groups"][number];
  const [first, second] = recorded.groups as [Group, Group];
  const parts = cut(
    recorded.graph,
    allInputs(recorded),
    lateInputs.map((name) => recorded.inputs.get(name)!),
    [...first.values()],
    [...second.values()],
    options.jit ?? false,
  );
  const { early, late } = define(recorder, recorded, parts, options);
  const feedEarly = feeder(recorder, recorded, parts.early.inputs);
  const feedLate = feeder(recorder, recorded, parts.late.inputs);
  const names = { early: [...first.keys()], late: [...second.keys()] };
  const owner = {};
  return {
    nodes: sizesOf(parts),
    early(given) {
      const metas = early.run(feedEarly(given));
      const kept = metas.splice(first.size);
      return {
        outputs: results(recorder, names.early, metas),
        saved: new SavedValues(recorder.binding, owner, kept),
      };
    },
    late(saved, given) {
      const values = saved as SavedValues;
      const metas = late.run([...values.handles(owner), ...feedLate(given)]);
      values.dispose();
      return results(recorder, names.late, metas);
    },
    dispose() {
      early.dispose();
      late.dispose();
      releaseCaptured(recorded.graph);
    },
  };
}

function sizesOf(parts: Cut): CompiledSplit["nodes"] {
  return {
    early: parts.early.operations.length,
    late: parts.late.operations.length,
    crossing: parts.crossing.length,
    bytes: parts.bytes,
  };
}

function define(
  { binding }: Recorder,
  { graph, groups }: Recorded,
  parts: Cut,
  options: CompileOptions,
) {
  const [first] = groups;
  const { jit = false } = options;
  const name = uniqueName(options);
  const early = new TensorFlowFunction(binding, graph, {
    name: `${name}_early`,
    operations: parts.early.operations,
    inputs: parts.early.inputs,
    outputs: [...first!.values(), ...parts.crossing],
    jit,
  });
  const late = new TensorFlowFunction(binding, graph, {
    name: `${name}_late`,
    operations: parts.late.operations,
    inputs: [...parts.crossing, ...parts.late.inputs],
    outputs: [...parts.lateOutputs],
    jit,
  });
  return { early, late };
}

/** Values of the early half, on the device, for one run of the late half. */
class SavedValues implements Saved {
  #metas: Meta[] | null;

  constructor(
    readonly binding: Binding,
    readonly owner: object,
    metas: Meta[],
  ) {
    this.#metas = metas;
  }

  handles(owner: object): Address[] {
    if (owner !== this.owner) {
      throw new Error("These values were saved by another function");
    }
    if (!this.#metas) {
      throw new Error(
        "The saved values are gone: the late half ran, or they were disposed",
      );
    }
    return this.#metas.map(({ id }) => this.binding.handle(id));
  }

  dispose(): void {
    for (const { id } of this.#metas ?? []) this.binding.values.delete(id);
    this.#metas = null;
  }
}
