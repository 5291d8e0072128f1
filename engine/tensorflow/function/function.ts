/**
 * Recorded graphs as TensorFlow functions.
 * @module
 */
import { ATTRIBUTE, type Attribute } from "../attributes.ts";
import type { Binding, Meta } from "../binding.ts";
import { type Address, cString } from "../capi.ts";
import { type Graph, type Output, pack } from "./graph.ts";

/** A part of a graph that takes and gives outputs of its nodes. */
export interface FunctionBody {
  name: string;
  /** Nodes of the function; null takes the whole graph. */
  operations: Address[] | null;
  inputs: Output[];
  /** Distinct, and none of the inputs. */
  outputs: Output[];
  /** Compile with XLA at the first run. */
  jit: boolean;
}

/** A function that TensorFlow knows by name. */
export class TensorFlowFunction {
  readonly #attributes: Attribute[];
  #alive = true;

  constructor(
    readonly binding: Binding,
    graph: Graph,
    readonly body: FunctionBody,
  ) {
    const { api, context } = binding.values;
    const definition = define(graph, body);
    api.f.TFE_ContextAddFunction(context, definition, api.status);
    api.f.TF_DeleteFunction(definition);
    api.check();
    this.#attributes = body.jit
      ? [{ name: "_XlaMustCompile", type: ATTRIBUTE.bool, value: true }]
      : [];
  }

  /** Runs it; inputs in the order of the body. */
  run(handles: readonly Address[]): Meta[] {
    const { name, outputs } = this.body;
    if (!this.#alive) throw new Error(`Cannot run ${name}: it was disposed`);
    const count = outputs.length;
    return this.binding.execute(name, this.#attributes, handles, count);
  }

  /** Makes TensorFlow forget it and its compiled forms. */
  dispose(): void {
    if (!this.#alive) return;
    this.#alive = false;
    const { api, context } = this.binding.values;
    const name = cString(this.body.name);
    api.f.TFE_ContextRemoveFunction(context, name, api.status);
    api.check();
  }
}

/** A TF_Function; the caller deletes it. */
function define({ api, graph }: Graph, body: FunctionBody): Address {
  const { operations, inputs, outputs } = body;
  const chosen = operations && BigUint64Array.from(operations);
  const definition = api.f.TF_GraphToFunction(
    graph,
    cString(body.name),
    0, // the name as it is, without a hash
    chosen ? chosen.length : -1,
    chosen && new Uint8Array(chosen.buffer),
    inputs.length,
    pack(inputs),
    outputs.length,
    pack(outputs),
    null, // outputs are named by their nodes
    0n,
    null,
    api.status,
  );
  api.check();
  return definition;
}
