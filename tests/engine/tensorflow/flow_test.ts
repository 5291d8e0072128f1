/** Least cuts against all cuts of small networks. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FlowNetwork } from "../../../engine/tensorflow/function/flow.ts";

type Edge = [from: number, to: number, capacity: number];

/** Nodes: 0 the source, 1 the sink, then others. */
const networks = fc.integer({ min: 2, max: 7 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    edges: fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: size - 1 }),
        fc.integer({ min: 0, max: size - 1 }),
        fc.integer({ min: 0, max: 5 }),
      ),
      { maxLength: 16 },
    ),
  })
);

/** What crosses from the source's side to the sink's. */
function cost(edges: readonly Edge[], after: readonly boolean[]): number {
  return edges
    .filter(([from, to]) => !after[from] && after[to])
    .reduce((sum, [, , capacity]) => sum + capacity, 0);
}

/** All ways to part the nodes, by whether one is on the sink's side. */
function* partings(size: number): Generator<boolean[]> {
  for (let bits = 0; bits < 2 ** (size - 2); bits++) {
    const others = Array.from(
      { length: size - 2 },
      (_, i) => (bits >> i & 1) === 1,
    );
    yield [false, true, ...others];
  }
}

Deno.test("no cut is cheaper, and none as cheap is nearer to the sink", () => {
  fc.assert(fc.property(networks, ({ size, edges }) => {
    const network = new FlowNetwork();
    for (let i = 0; i < size; i++) network.node();
    for (const [from, to, capacity] of edges) network.edge(from, to, capacity);
    const found = network.leastCut(0, 1);
    const all = [...partings(size)];
    const least = Math.min(...all.map((after) => cost(edges, after)));
    assert.equal(cost(edges, found), least);
    for (const after of all.filter((a) => cost(edges, a) === least)) {
      assert.ok(found.every((is, node) => !is || after[node]));
    }
  }));
});

Deno.test("what must not be cut is not", () => {
  const network = new FlowNetwork();
  const [source, a, b, sink] = Array.from({ length: 4 }, () => network.node());
  network.edge(source!, a!, Infinity);
  network.edge(a!, b!, 7);
  network.edge(b!, sink!, Infinity);
  assert.deepEqual(network.leastCut(source!, sink!), [
    false,
    false,
    true,
    true,
  ]);
});
