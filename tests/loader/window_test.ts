import assert from "node:assert/strict";
import {
  randomFor,
  shuffledShare,
  slidingWindow,
  WindowSampler,
} from "../../nusc/loader/mod.ts";

const frames = (...lengths: number[]) =>
  lengths.flatMap((n, scene) =>
    Array.from({ length: n }, (_, i) => ({
      scene_token: `s${scene}`,
      timestamp: 1000 * scene + i,
    }))
  );

Deno.test("shares are torch.randperm's, padded and cut by rank", () => {
  const share = (size: number, rest: number[]) => {
    const [batch, ranks, rank, seed, epoch] = rest as [
      ...[number, number, number, number, number],
    ];
    return shuffledShare(size, { batch, ranks, rank, seed, epoch });
  };
  // Recorded from DistributedGroupSampler's calls of torch.randperm.
  assert.deepEqual(share(10, [2, 3, 1, 0, 4]), [7, 3, 0, 4]);
  assert.deepEqual(share(7, [1, 1, 0, 2, 0]), [5, 3, 4, 2, 6, 0, 1]);
  assert.deepEqual(share(3, [4, 2, 1, 0, 1]), [2, 0, 1, 2]);
});

Deno.test("a window holds its frame, sorted ones before it, and leaves some out", () => {
  const all = frames(40);
  const missing = new Set<number>();
  for (let round = 0; round < 200; round++) {
    const clip = slidingWindow(
      all,
      20,
      { length: 4, random: 2 },
      randomFor(round),
    ).map(({ frame }) => frame);
    assert.equal(clip.length, 4);
    assert.equal(clip.at(-1), 20);
    assert.deepEqual(clip, [...new Set(clip)].sort((a, b) => a - b));
    assert.ok(clip[0]! >= 15);
    for (let i = 15; i < 20; i++) if (!clip.includes(i)) missing.add(i);
  }
  assert.deepEqual([...missing].sort(), [15, 16, 17, 18, 19]);
});

Deno.test("a window begins with what there is, and starts anew with a scene", () => {
  const clip = (index: number) =>
    slidingWindow(frames(3, 5), index, { length: 4, random: 0 }, () => 0);
  assert.deepEqual(clip(1).map(({ frame }) => frame), [0, 0, 0, 1]);
  assert.deepEqual(
    clip(1).map(({ prevExists }) => prevExists),
    [false, true, true, true],
  );
  assert.deepEqual(clip(4).map(({ frame }) => frame), [1, 2, 3, 4]);
  assert.deepEqual(
    clip(4).map(({ prevExists }) => prevExists),
    [false, true, false, true],
  );
});

Deno.test("a sampler gives clips frame by frame, each frame last once an epoch", () => {
  const all = frames(5, 3).reverse();
  const options = { length: 3, random: 1, batch: 2, seed: 4 };
  const sampler = new WindowSampler(all, options);
  const last: number[] = [];
  for (let clip = 0; clip < 4; clip++) {
    const steps = [sampler.next(), sampler.next(), sampler.next()];
    assert.ok(steps[0]!.every(({ prevExists }) => !prevExists));
    assert.ok(steps.flat().every(({ visit }) => visit === clip));
    for (const slot of [0, 1]) {
      const times = steps.map((step) => all[step[slot]!.frame]!.timestamp);
      assert.deepEqual(times, times.toSorted((a, b) => a - b));
      last.push(steps[2]![slot]!.frame);
    }
  }
  assert.deepEqual(last.toSorted(), [...all.keys()]);
});

Deno.test("a sampler of clips that skips goes on where the other stands", () => {
  const options = { length: 3, random: 1, batch: 2, seed: 4 };
  const a = new WindowSampler(frames(9, 6), options);
  const b = new WindowSampler(frames(9, 6), options);
  for (let i = 0; i < 31; i++) a.next();
  b.skip(31);
  for (let i = 0; i < 9; i++) assert.deepEqual(a.next(), b.next());
});

Deno.test("processes share the clips that one process would draw", () => {
  const options = { length: 3, random: 1, batch: 4, seed: 4 };
  const all = new WindowSampler(frames(9, 6), options);
  const shares = [[0, 1], [1, 3]].map(([first, count]) =>
    new WindowSampler(frames(9, 6), {
      ...options,
      slots: { first: first!, count: count! },
    })
  );
  for (let i = 0; i < 31; i++) {
    assert.deepEqual(shares.flatMap((share) => share.next()), all.next());
  }
});

Deno.test("clips of nothing are refused", () => {
  assert.throws(
    () => new WindowSampler([], { length: 8, random: 1, batch: 2, seed: 0 }),
    /Cannot draw 2 clips of 8 \(\+ 1\) frames from 0 frames/,
  );
});
