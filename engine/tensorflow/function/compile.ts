/**
 * compile(): a function of named tensors, recorded once, run many times.
 * @module
 */
import { TensorFlowFunction } from "./function.ts";
import {
  allInputs,
  feeder,
  record,
  type Recorder,
  releaseCaptured,
  results,
  uniqueName,
} from "./record.ts";
import type { CompileOptions, Specs, Tensors } from "./specs.ts";

/** A recorded function. */
export interface Compiled {
  /** Runs it; the caller disposes the results. */
  run(inputs: Tensors): Tensors;
  /** Operations recorded. */
  readonly nodes: number;
  /** Frees it, and its references to captured tensors. */
  dispose(): void;
}

/** Records a function for inputs of these shapes. */
export function compile(
  recorder: Recorder,
  fn: (inputs: Tensors) => Tensors,
  specs: Specs,
  options: CompileOptions = {},
): Compiled {
  const recorded = record(recorder, (inputs) => [fn(inputs)], specs, options);
  const { graph } = recorded;
  const outputs = recorded.groups[0]!;
  const inputs = allInputs(recorded);
  const compiled = new TensorFlowFunction(recorder.binding, graph, {
    name: uniqueName(options),
    operations: null,
    inputs,
    outputs: [...outputs.values()],
    jit: options.jit ?? false,
  });
  graph.dispose();
  const feed = feeder(recorder, recorded, inputs);
  const names = [...outputs.keys()];
  return {
    nodes: graph.nodes.length,
    run: (given) => results(recorder, names, compiled.run(feed(given))),
    dispose() {
      compiled.dispose();
      releaseCaptured(graph);
    },
  };
}
