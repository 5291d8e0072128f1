/**
 * Cuts one recorded graph in two around values that come later.
 *
 * The early part is what the early outputs need; the late part is the rest,
 * and takes from the early part what it needs of it (as AOTAutograd partitions
 * a joint graph of forward and backward). Work that only late outputs need is
 * late even where nothing hinders it from being early: its results would
 * otherwise be kept in between for nothing. Cheap work is done in both parts
 * where that keeps less: on nothing but inputs and constants (a weight cast or
 * reshaped) always, and wherever it leads to the fewest bytes under a compiler
 * that fuses it.
 * @module
 */
import type { Address } from "../capi.ts";
import { anchor } from "./anchor.ts";
import { repeatedForLeast } from "./keep.ts";
import { type Graph, keyOf, type Node, type Output } from "./graph.ts";

/** The two halves of a cut. */
export interface Cut {
  early: Half;
  late: Half;
  /** What the late half gives. */
  lateOutputs: readonly Output[];
  /** Values that the late half takes from the early one. */
  crossing: Output[];
  /** Their size. */
  bytes: number;
}

/** Nodes (constants included) and the inputs that they read. */
export interface Half {
  operations: Address[];
  inputs: Output[];
}

/** Operations that cost no more than keeping their results would. */
const CHEAP = new Set(["Cast", "Fill", "Identity", "Reshape", "Transpose"]);

/**
 * @param lateInputs placeholders whose values come between the halves.
 * @param fused whether work that is done again costs next to nothing.
 * @throws {Error} if an early output depends on a late input.
 */
export function cut(
  graph: Graph,
  inputs: readonly Output[],
  lateInputs: readonly Output[],
  earlyOutputs: readonly Output[],
  lateOutputs: readonly Output[],
  fused: boolean,
): Cut {
  const { nodes, constants } = graph;
  const early = ancestors(nodes, earlyOutputs);
  if (lateInputs.some(({ op }) => early.has(op))) {
    throw new Error(
      "Cannot cut the function: an early output depends on a late input",
    );
  }
  const ahead = nodes.filter(({ op }) => early.has(op));
  const repeated = fused
    ? repeatedForLeast(ahead, lateOnly(nodes, lateOutputs, early))
    : repeatable(nodes, new Set([...constants, ...inputs.map((i) => i.op)]));
  const needed = ancestors(
    nodes,
    lateOutputs,
    (op) => early.has(op) && !repeated.has(op),
  );
  const inLate = ({ op }: Node) =>
    needed.has(op) && (!early.has(op) || repeated.has(op));
  const later = nodes.filter(inLate);
  const plain = lateHalf(graph, later, inputs);
  const whole = {
    early: half(graph, ahead, inputs),
    ...plain,
    lateOutputs,
    bytes: sizeOf(ahead, plain.crossing),
  };
  if (!fused) return whole;
  const { nodes: anchored, outputs } = anchor(
    graph,
    { nodes: later, outputs: lateOutputs },
    lateInputs,
    new Set(plain.crossing.map(keyOf)),
  );
  return {
    ...whole,
    ...lateHalf(graph, anchored, inputs),
    lateOutputs: outputs,
  };
}

/** Nodes that late outputs need and early ones do not. */
function lateOnly(
  nodes: readonly Node[],
  lateOutputs: readonly Output[],
  early: ReadonlySet<Address>,
): Node[] {
  const needed = ancestors(nodes, lateOutputs, (op) => early.has(op));
  return nodes.filter(({ op }) => needed.has(op) && !early.has(op));
}

function sizeOf(nodes: readonly Node[], values: readonly Output[]): number {
  const bytes = new Map(nodes.map((node) => [node.op, node.bytes]));
  return values.reduce(
    (sum, { op, index }) => sum + bytes.get(op)![index]!,
    0,
  );
}

function lateHalf(
  graph: Graph,
  nodes: readonly Node[],
  inputs: readonly Output[],
): { late: Half; crossing: Output[] } {
  const known = new Set([
    ...graph.constants,
    ...inputs.map(({ op }) => op),
    ...nodes.map(({ op }) => op),
  ]);
  const crossing = new Map<string, Output>();
  for (const output of nodes.flatMap((node) => node.inputs)) {
    if (!known.has(output.op)) crossing.set(keyOf(output), output);
  }
  return { late: half(graph, nodes, inputs), crossing: [...crossing.values()] };
}

/** Nodes with the constants and inputs that they read. */
function half(
  { constants }: Graph,
  nodes: readonly Node[],
  inputs: readonly Output[],
): Half {
  const isInput = new Set(inputs.map(({ op }) => op));
  const read = new Map<string, Output>();
  const used = new Set<Address>();
  for (const output of nodes.flatMap((node) => node.inputs)) {
    if (constants.has(output.op)) used.add(output.op);
    else if (isInput.has(output.op)) read.set(keyOf(output), output);
  }
  return {
    operations: [...used, ...nodes.map(({ op }) => op)],
    inputs: [...read.values()],
  };
}

/** Cheap nodes that depend on nothing but inputs and constants. */
function repeatable(
  nodes: readonly Node[],
  sources: ReadonlySet<Address>,
): Set<Address> {
  const found = new Set<Address>();
  for (const { op, kind, inputs } of nodes) {
    const direct = inputs.every((i) => sources.has(i.op) || found.has(i.op));
    if (direct && CHEAP.has(kind)) found.add(op);
  }
  return found;
}

/**
 * Operations that some output depends on, the outputs' own included.
 * @param stop operations whose own inputs do not count.
 */
function ancestors(
  nodes: readonly Node[],
  outputs: readonly Output[],
  stop: (op: Address) => boolean = () => false,
): Set<Address> {
  const found = new Set(outputs.map(({ op }) => op));
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { op, inputs } = nodes[i]!;
    if (!found.has(op) || stop(op)) continue;
    for (const input of inputs) found.add(input.op);
  }
  return found;
}
