/**
 * Pass: upsample. Nearest upsampling by whole factors, written as a reshape,
 * a broadcast and a reshape, becomes a Resize, which the layout pass can
 * keep in NCHW.
 * @module
 */
import { type Graph, type Node, sameNumbers, type Value } from "../ir.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

/** Runs the pass. */
export function recogniseUpsampling(graph: Graph, opset: number): Graph {
  const makers = new Map<Value, Node>();
  return rewrite(graph, opset, (node, g) => {
    for (const output of node.outputs) makers.set(output, node);
    const widen = makers.get(node.inputs[0]!);
    const split = widen && makers.get(widen.inputs[0]!);
    const chain = [split?.op, widen?.op, node.op].join();
    if (chain !== "Reshape,Expand,Reshape") return undefined;
    const [x] = split!.inputs;
    const fits = matches(
      x!.shape,
      widen!.inputs[0]!.shape,
      widen!.outputs[0].shape,
      node.outputs[0].shape,
    );
    return fits ? [resize(g, x!, node.outputs[0].shape)] : undefined;
  });
}

type Shape = readonly number[];

/** [B, h, w, C] → [B·h, 1, w, 1, C] → [B·h, sy, w, sx, C] → [B, H, W, C]. */
function matches(x: Shape, split: Shape, wide: Shape, y: Shape): boolean {
  if (x.length !== 4 || y.length !== 4) return false;
  const [B, h, w, C] = x;
  const [sy, sx] = [y[1] / h, y[2] / w];
  const leads = [[B * h], [B, h]];
  return y[0] === B && y[3] === C &&
    leads.some((lead) =>
      sameNumbers(split, [...lead, 1, w, 1, C]) &&
      sameNumbers(wide, [...lead, sy, w, sx, C])
    );
}

function resize(g: Rewriter, x: Value, [B, H, W, C]: Shape): Value {
  const image = g.transpose(x, [0, 3, 1, 2]);
  const shape = [B, C, H, W];
  const inputs = [image, null, null, g.ints(shape)];
  const y = g.node("Resize", inputs, { shape }, {
    coordinate_transformation_mode: "asymmetric",
    mode: "nearest",
    nearest_mode: "floor",
  });
  return g.transpose(y, [0, 2, 3, 1]);
}
