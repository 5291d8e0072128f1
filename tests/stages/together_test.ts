/** What processes tell each other of a step, without processes. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { hostReducer, type Ranks } from "../../engine/ranks/mod.ts";
import { Attempt } from "../../stages/train/parts.ts";
import { addUp } from "../../stages/train/together.ts";
import { useTensorFlow } from "../support/backend.ts";

await useTensorFlow();

/** Ranks of one process: a sum is there once all have asked for it. */
function fakeRanks(size: number): { ranks: Ranks[]; sizes: number[] } {
  const sums: { data: Float32Array; waits: (() => void)[] }[] = [];
  const sizes: number[] = [];
  const join = (calls: { count: number }) => async (data: Float32Array) => {
    const number = calls.count++;
    const sum = sums[number] ??= { data: data.slice().fill(0), waits: [] };
    assert.equal(sum.data.length, data.length, "all sum the same");
    data.forEach((x, i) => sum.data[i]! += x);
    await new Promise<void>((done) => {
      sum.waits.push(done);
      if (sum.waits.length < size) return;
      sizes.push(data.length);
      sum.waits.forEach((go) => go());
    });
    data.set(sum.data);
  };
  const ranks = Array.from({ length: size }, (_, rank) => {
    const allReduce = join({ count: 0 });
    const nothing = () => Promise.resolve();
    return {
      ...{ rank, size, localRank: rank, localSize: size, allReduce },
      ...{ broadcast: nothing, barrier: nothing, close: nothing },
      async any(condition: boolean) {
        const count = Float32Array.of(Number(condition));
        await allReduce(count);
        return count[0]! > 0;
      },
    };
  });
  return { ranks, sizes };
}

/** What a process has of a step: the names come in any order. */
function attemptOf(loss: number, value: number, names: string[]): Attempt {
  const attempt = new Attempt();
  attempt.loss = loss;
  Object.assign(attempt.terms, { loss_cls: loss / 2, loss_bbox: loss / 2 });
  if (!Number.isFinite(loss)) return attempt; // stopped before gradients
  for (const name of names) {
    attempt.gradients[name] = tf.fill([name.length], value);
  }
  return attempt;
}

Deno.test("losses and gradients of all processes are summed by name", async () => {
  const { ranks } = fakeRanks(3);
  const attempts = [
    attemptOf(1, 1, ["bb", "a"]),
    attemptOf(2, 10, ["a", "bb"]),
    attemptOf(4, 100, ["a", "bb"]),
  ];
  await Promise.all(
    ranks.map((own, i) => addUp(own, hostReducer(own), attempts[i]!)),
  );
  for (const { loss, terms, gradients } of attempts) {
    assert.equal(loss, 7);
    assert.deepEqual(terms, { loss_cls: 3.5, loss_bbox: 3.5 });
    assert.deepEqual([...gradients.a!.dataSync()], [111]);
    assert.deepEqual([...gradients.bb!.dataSync()], [111, 111]);
  }
});

for (const bad of [NaN, Infinity]) {
  Deno.test(`a loss of ${bad} on one process stops all, and none waits`, async () => {
    const { ranks, sizes } = fakeRanks(3);
    const attempts = [attemptOf(1, 1, ["a"]), attemptOf(bad, 1, ["a"])];
    attempts.push(attemptOf(2, 1, ["a"]));
    await Promise.all(
      ranks.map((own, i) => addUp(own, hostReducer(own), attempts[i]!)),
    );
    for (const { loss } of attempts) assert.ok(!Number.isFinite(loss));
    // Only the question went round: gradients that one lacks did not.
    assert.deepEqual(sizes, [1]);
  });
}
