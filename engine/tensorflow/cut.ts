/**
 * Cuts one recorded graph in two around values that come later.
 *
 * The early part is what the early outputs need; the late part is the rest,
 * and takes from the early part what it needs of it (as AOTAutograd partitions
 * a joint graph of forward and backward). Work that only late outputs need is
 * late even where nothing hinders it from being early: its results would
 * otherwise be kept in between for nothing.
 * @module
 */
import type { Address } from "./capi.ts";
import { keyOf, type Node, type Output, type Recording } from "./recording.ts";

/** The two halves of a cut. */
export interface Cut {
  early: Half;
  late: Half;
  /** Values that the late half takes from the early one. */
  crossing: Output[];
}

/** Nodes (constants included) and the inputs that they read. */
export interface Half {
  operations: Address[];
  inputs: Output[];
}

/**
 * @param lateInputs placeholders whose values come between the halves.
 * @throws {Error} if an early output depends on a late input.
 */
export function cut(
  recording: Recording,
  inputs: readonly Output[],
  lateInputs: readonly Output[],
  earlyOutputs: readonly Output[],
  lateOutputs: readonly Output[],
): Cut {
  const { nodes, constants } = recording;
  const isInput = new Set(inputs.map(({ op }) => op));

  const early = ancestors(nodes, earlyOutputs);
  for (const { op } of lateInputs) {
    if (early.has(op)) {
      throw new Error(
        "Cannot cut the function: an early output depends on a late input",
      );
    }
  }
  const needed = ancestors(nodes, lateOutputs);
  const earlyNodes = nodes.filter(({ op }) => early.has(op));
  const lateNodes = nodes.filter(({ op }) => needed.has(op) && !early.has(op));

  const crossing = new Map<string, Output>();
  const lateReads = new Map<string, Output>();
  const lateConstants = new Set<Address>();
  const read = (output: Output) => {
    if (constants.has(output.op)) lateConstants.add(output.op);
    else if (isInput.has(output.op)) lateReads.set(keyOf(output), output);
    else if (early.has(output.op)) crossing.set(keyOf(output), output);
  };
  for (const node of lateNodes) node.inputs.forEach(read);

  const earlyReads = new Map<string, Output>();
  const earlyConstants = new Set<Address>();
  for (const node of earlyNodes) {
    for (const output of node.inputs) {
      if (constants.has(output.op)) earlyConstants.add(output.op);
      else if (isInput.has(output.op)) earlyReads.set(keyOf(output), output);
    }
  }
  return {
    early: {
      operations: [...earlyConstants, ...earlyNodes.map(({ op }) => op)],
      inputs: [...earlyReads.values()],
    },
    late: {
      operations: [...lateConstants, ...lateNodes.map(({ op }) => op)],
      inputs: [...lateReads.values()],
    },
    crossing: [...crossing.values()],
  };
}

/** Operations that some output depends on, the outputs' own included. */
function ancestors(
  nodes: readonly Node[],
  outputs: readonly Output[],
): Set<Address> {
  const found = new Set(outputs.map(({ op }) => op));
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { op, inputs } = nodes[i]!;
    if (found.has(op)) inputs.forEach((input) => found.add(input.op));
  }
  return found;
}
