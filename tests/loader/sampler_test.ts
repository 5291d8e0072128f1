import assert from "node:assert/strict";
import { MersenneTwister, randperm } from "../../nusc/loader/mersenne.ts";
import { FilledSampler } from "../../nusc/loader/filled.ts";
import { GroupSampler, sequenceGroups } from "../../nusc/loader/sampler.ts";

Deno.test("the generator draws mt19937's published numbers", () => {
  const generator = new MersenneTwister(5489);
  assert.deepEqual([generator.next(), generator.next()], [
    3499211612,
    581869302,
  ]);
});

Deno.test("randperm is a permutation and depends on the seed", () => {
  const a = randperm(new MersenneTwister(0), 20);
  assert.deepEqual(a.toSorted((x, y) => x - y), [...Array(20).keys()]);
  assert.notDeepEqual(a, randperm(new MersenneTwister(1), 20));
});

const frames = (...lengths: number[]) =>
  lengths.flatMap((n, i) =>
    Array.from(
      { length: n },
      (_, k) => ({ scene_token: `s${i}`, timestamp: 100 * i + k }),
    )
  );

Deno.test("scenes are cut into runs of equal length, short ones into fewer", () => {
  const groups = sequenceGroups(frames(5, 1, 8), 4);
  assert.deepEqual(groups.map((g) => g.length), [2, 2, 1, 1, 2, 2, 2, 2]);
  assert.deepEqual(groups.flat(), [...Array(14).keys()]);
});

Deno.test("every frame may be a run of its own", () => {
  assert.deepEqual(sequenceGroups(frames(2, 1), "all"), [[0], [1], [2]]);
});

Deno.test("scenes are numbered by time, or as given; frames by time", () => {
  const shuffled = [[1, 7], [0, 3], [1, 6], [0, 4]].map(([scene, time]) => ({
    scene_token: `s${scene}`,
    timestamp: time!,
  }));
  assert.deepEqual(sequenceGroups(shuffled, 1), [[1, 3], [2, 0]]);
  assert.deepEqual(sequenceGroups(shuffled, 1, "given"), [[2, 0], [1, 3]]);
});

Deno.test("streams take disjoint groups and keep frames in order", () => {
  const groups = sequenceGroups(frames(6, 6, 6, 6), 2);
  const sampler = new GroupSampler(groups, 2, 0);
  const seen: number[][] = [[], []];
  for (let i = 0; i < 12; i++) {
    sampler.next().forEach((draw, j) => {
      assert.equal(draw.prevExists, i % 3 !== 0);
      if (draw.prevExists) assert.equal(draw.frame, seen[j]!.at(-1)! + 1);
      seen[j]!.push(draw.frame);
    });
  }
  const all = seen.flat().toSorted((x, y) => x - y);
  assert.deepEqual(all, [...Array(24).keys()]);
});

Deno.test("a sampler that skips goes on where the other stands", () => {
  const groups = sequenceGroups(frames(7, 5, 9), 3);
  const a = new GroupSampler(groups, 3, 4);
  const b = new GroupSampler(groups, 3, 4);
  for (let i = 0; i < 37; i++) a.next();
  b.skip(37);
  assert.deepEqual(a.next(), b.next());
});

Deno.test("processes feed the streams that one process would feed", () => {
  const groups = sequenceGroups(frames(7, 5, 9, 4), 2);
  const all = new GroupSampler(groups, 5, 4);
  const shares = [[0, 2], [2, 3]].map(([first, count]) =>
    new GroupSampler(groups, 5, 4, { first: first!, count: count! })
  );
  for (let i = 0; i < 40; i++) {
    assert.deepEqual(shares.flatMap((share) => share.next()), all.next());
  }
});

Deno.test("too few groups for the streams is refused with the remedy", () => {
  assert.throws(
    () => new GroupSampler([[0]], 2, 0),
    /Cannot feed 2 streams from 1 sequences: lower the batch size/,
  );
});

Deno.test("frames without ground truth give way to any that have some", () => {
  const all = sequenceGroups(frames(7, 5), "all");
  const empty = [...Array(12).keys()].map((i) => i % 4 !== 1);
  const filled = () => new FilledSampler(new GroupSampler(all, 2, 3), empty, 9);
  const [plain, a, b] = [new GroupSampler(all, 2, 3), filled(), filled()];
  const counts = new Map<number, number>();
  for (let i = 0; i < 600; i++) {
    const given = plain.next();
    a.next().forEach((draw, j) => {
      counts.set(draw.frame, (counts.get(draw.frame) ?? 0) + 1);
      const { frame } = given[j]!;
      if (!empty[frame]) assert.deepEqual(draw, given[j]);
      assert.equal(draw.prevExists, false);
    });
  }
  assert.deepEqual([...counts.keys()].toSorted((x, y) => x - y), [1, 5, 9]);
  for (const count of counts.values()) assert.ok(count > 300 && count < 500);
  b.skip(600);
  assert.deepEqual(a.next(), b.next());
  assert.throws(
    () => new FilledSampler(plain, Array(12).fill(true), 0),
    /none of the 12 has any in range/,
  );
});

Deno.test("randperm gives torch.randperm(10) after manual_seed(0)", () => {
  assert.deepEqual(randperm(new MersenneTwister(0), 10), [
    4,
    1,
    7,
    5,
    3,
    9,
    0,
    8,
    6,
    2,
  ]);
});
