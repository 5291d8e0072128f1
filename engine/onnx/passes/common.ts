/**
 * Pass: common. Operations that appear twice run once; small equal constants
 * become one.
 * @module
 */
import { type Graph, isConstant, type Value } from "../ir.ts";
import { rewrite } from "./rewrite.ts";

/** Constants of more numbers are compared by identity only. */
const SMALL = 64;

/** Runs the pass. */
export function shareCommon(graph: Graph, opset: number): Graph {
  const ids = new Map<Value | string, number>();
  const constants = new Map<number, Value>();
  const id = (key: Value | string) => {
    if (!ids.has(key)) ids.set(key, ids.size);
    return ids.get(key)!;
  };
  const idOf = (value: Value) => {
    if (!isConstant(value) || value.data.length > SMALL) return id(value);
    const { type, shape, data, name } = value;
    const bits = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return id(`${type} [${shape}] ${bits} ${name}`);
  };
  const seen = new Map<string, readonly Value[]>();
  return rewrite(graph, opset, (node, g) => {
    const keys = node.inputs.map((value) => value ? idOf(value) : -1);
    const attributes = JSON.stringify(node.attributes);
    const key = `${node.op} ${keys} ${attributes} ${node.outputs.length}`;
    const earlier = seen.get(key);
    if (earlier) return [...earlier];
    seen.set(key, node.outputs);
    const inputs = node.inputs.map((value, i) => {
      if (!isConstant(value)) return value;
      if (!constants.has(keys[i])) constants.set(keys[i], value);
      return constants.get(keys[i])!;
    });
    g.nodes.push({ ...node, inputs });
    return [...node.outputs];
  });
}
