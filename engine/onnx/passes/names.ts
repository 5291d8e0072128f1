/**
 * Pass: names. Every value and node gets a unique name; inputs and outputs
 * take the keys that the exporter was given, weights their state_dict names.
 * @module
 */
import { Builder } from "../builder.ts";
import { type Graph, isConstant, type Value } from "../ir.ts";

/** Copies a graph with unique names. */
export function nameGraph(graph: Graph): Graph {
  const { nodes, outputs } = separateOutputs(graph);
  const taken = new Set<string>();
  const renamed = new Map<Value, Value>();
  const assign = (value: Value, hint: string) => {
    if (!renamed.has(value)) {
      renamed.set(value, { ...value, name: unique(hint, taken) });
    }
    return renamed.get(value)!;
  };
  const inputs = graph.inputs.map((value) => assign(value, value.name));
  for (const { name, value } of outputs) assign(value, name);
  const nodeNames = new Set<string>();
  const named = nodes.map((node) => {
    const path = [node.scope, node.op].filter(Boolean).join("/");
    const name = unique(path, nodeNames);
    return {
      ...node,
      name,
      inputs: node.inputs.map((value) =>
        value &&
        assign(value, isConstant(value) ? value.name : `${name}.out`)
      ),
      outputs: node.outputs.map((value) => assign(value, `${name}.out`)),
    };
  });
  return {
    inputs,
    nodes: named,
    outputs: outputs.map(({ name, value }) => ({
      name,
      value: renamed.get(value)!,
    })),
  };
}

/** Outputs need values of their own: an input, a constant or a value that is
 * output twice passes through an Identity. */
function separateOutputs(graph: Graph): Pick<Graph, "nodes" | "outputs"> {
  const g = new Builder(0);
  const taken = new Set<Value>(graph.inputs);
  const outputs = graph.outputs.map(({ name, value }) => {
    const own = isConstant(value) || taken.has(value)
      ? g.node("Identity", [value], value)
      : value;
    taken.add(own);
    return { name, value: own };
  });
  return { nodes: [...graph.nodes, ...g.nodes], outputs };
}

function unique(hint: string, taken: Set<string>): string {
  let name = hint;
  for (let n = 1; taken.has(name); n++) name = `${hint}_${n}`;
  taken.add(name);
  return name;
}
