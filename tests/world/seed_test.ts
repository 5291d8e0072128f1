import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { generateWorld } from "../../nusc/world/mod.ts";
import { planScenes, resolveOptions } from "../../nusc/world/options.ts";
import { TINY, withWorld } from "./support.ts";
import { DETECTED, IGNORED } from "../../nusc/world/kinds.ts";
import { buildScene } from "../../nusc/world/scene.ts";
import { presentAt } from "../../nusc/world/shots.ts";

/** Digest by path of all files under a folder. */
async function digests(root: string, under = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const entry of Deno.readDir(`${root}/${under}`)) {
    const path = under ? `${under}/${entry.name}` : entry.name;
    if (entry.isDirectory) {
      for (const [key, value] of await digests(root, path)) {
        found.set(key, value);
      }
    } else {
      const bytes = await Deno.readFile(`${root}/${path}`);
      found.set(path, createHash("sha256").update(bytes).digest("hex"));
    }
  }
  return found;
}

Deno.test("a seed gives the same bytes whatever the threads and other scenes", async () => {
  const long = { ...TINY, trainFrames: 12 };
  await withWorld({ ...long, workers: 1 }, async (one) => {
    const alone = await digests(one.root);
    await withWorld({ ...long, workers: 2 }, async (two) => {
      assert.deepEqual(await digests(two.root), alone);
    });
    await withWorld({ ...long, trainScenes: 2 }, async (more) => {
      const all = await digests(more.root);
      for (const [path, digest] of alone) {
        if (path.startsWith("samples/")) assert.equal(all.get(path), digest);
      }
      const boxes = JSON.stringify(more.tables.sample_annotation);
      for (const row of one.tables.sample_annotation!) {
        assert.ok(boxes.includes(JSON.stringify(row)));
      }
    });
  });
});

Deno.test("another seed gives another world", () => {
  const [a, b] = [1, 2].map((seed) =>
    buildScene(resolveOptions({ seed }), "scene-0061", 10)
  );
  assert.notDeepEqual(a!.bodies, b!.bodies);
  assert.notDeepEqual(a!.rig, b!.rig);
});

Deno.test("every scene shows all ten classes often, mini_train all others", () => {
  const world = resolveOptions({});
  const dropped = new Set<string>();
  for (const { name, frames } of planScenes(world)) {
    const scene = buildScene(world, name, frames);
    const shown = new Map<string, number>();
    for (let frame = 0; frame < frames; frame++) {
      for (const id of presentAt(world, scene, frame / 2)) {
        const { kind } = scene.bodies[id]!;
        shown.set(kind, (shown.get(kind) ?? 0) + 1);
      }
    }
    for (const kind of DETECTED) {
      const count = shown.get(kind) ?? 0;
      assert.ok(count >= 20, `${name} shows ${kind} ${count} times`);
    }
    const total = DETECTED.reduce((sum, kind) => sum + shown.get(kind)!, 0);
    const density = total / frames;
    assert.ok(density > 11.5 && density < 13, `${name} has ${density} a frame`);
    IGNORED.filter((kind) => shown.has(kind)).forEach((k) => dropped.add(k));
  }
  assert.deepEqual([...dropped].sort(), [...IGNORED].sort());
});

Deno.test("more scenes than mini has make a trainval world of official names", () => {
  const few = resolveOptions({ trainScenes: 8, valScenes: 2 });
  assert.equal(few.version, "v1.0-mini");
  const many = resolveOptions({ trainScenes: 20, valScenes: 3 });
  assert.equal(many.version, "v1.0-trainval");
  const names = planScenes(many).map((plan) => plan.name);
  assert.equal(new Set(names).size, 23);
  assert.deepEqual(names.slice(20), ["scene-0103", "scene-0916", "scene-0553"]);
});

Deno.test("impossible options are refused with what was expected", async () => {
  await assert.rejects(
    generateWorld("unused", { version: "v1.0-mini", trainScenes: 9 }),
    {
      name: "DatasetError",
      message: "Cannot generate v1.0-mini: trainScenes is 9, expected 0 to 8",
    },
  );
});

for (const workers of [1, 2]) {
  Deno.test(`an abort stops ${workers} threads with the signal's reason`, async () => {
    const root = await Deno.makeTempDir({ prefix: "world-" });
    const control = new AbortController();
    const stopped = new Error("stopped by the test");
    try {
      const options = { ...TINY, trainFrames: 40, workers };
      const running = generateWorld(root, options, {
        signal: control.signal,
        onProgress: () => control.abort(stopped),
      });
      await assert.rejects(running, stopped);
      await assert.rejects(Deno.stat(`${root}/v1.0-mini/sample.json`));
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
