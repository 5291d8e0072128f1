/**
 * Recorded graphs as TensorFlow functions.
 * @module
 */
import type { Attribute } from "./attributes.ts";
import { type Address, cString } from "./capi.ts";
import type { Binding, Meta } from "./binding.ts";
import { type Output, pack, type Recording } from "./recording.ts";

/** How a function runs. */
export interface FunctionOptions {
  /** Compile with XLA at the first run. */
  jit: boolean;
}

/** A part of a graph that takes and gives outputs of its nodes. */
export interface FunctionBody {
  name: string;
  /** Nodes of the function; null takes the whole graph. */
  operations: Address[] | null;
  inputs: Output[];
  /** Distinct, and none of the inputs. */
  outputs: Output[];
}

/** A function that TensorFlow knows by name. */
export class TensorFlowFunction {
  readonly #attributes: Attribute[];

  constructor(
    readonly binding: Binding,
    recording: Recording,
    readonly body: FunctionBody,
    options: FunctionOptions,
  ) {
    const { f, status } = binding.api;
    const { operations, inputs, outputs } = body;
    const chosen = operations && BigUint64Array.from(operations);
    const definition = f.TF_GraphToFunction(
      recording.graph,
      cString(body.name),
      0,
      chosen ? chosen.length : -1,
      chosen && new Uint8Array(chosen.buffer),
      inputs.length,
      pack(inputs),
      outputs.length,
      pack(outputs),
      null,
      0n,
      null,
      status,
    );
    binding.api.check();
    f.TFE_ContextAddFunction(binding.context, definition, status);
    binding.api.check();
    f.TF_DeleteFunction(definition);
    this.#attributes = options.jit
      ? [{ name: "_XlaMustCompile", type: 3, value: true }]
      : [];
  }

  run(handles: readonly Address[]): Meta[] {
    const { name, outputs } = this.body;
    return this.binding.execute(
      name,
      this.#attributes,
      handles,
      outputs.length,
    );
  }

  dispose(): void {
    const { api, context } = this.binding;
    api.f.TFE_ContextRemoveFunction(
      context,
      cString(this.body.name),
      api.status,
    );
    api.check();
  }
}
