import assert from "node:assert/strict";
import { BAKERY } from "./bakery.ts";
import { Project, statuses, timeless } from "./rig.ts";

const ALL = ["dough", "bread", "price"];

Deno.test("a second run of the same config runs nothing", async () => {
  using project = new Project(BAKERY);
  const first = await project.run("bakery.yaml");
  assert.equal(first.stderr, "");
  assert.equal(first.code, 0);
  assert.equal(
    timeless(first.stdout),
    `dough runs: has not run yet
✓ dough ran in T  artifacts/dough/HASH
bread runs: has not run yet
✓ bread ran in T  artifacts/bread/HASH
price runs: has not run yet

Prices
bread  price
─────  ─────
large      4

✓ price ran in T  artifacts/price/HASH
Done in T: 3 ran
`,
  );
  assert.deepEqual(project.calls(), ALL);

  const second = await project.run("bakery.yaml", "--json");
  assert.equal(second.code, 0);
  assert.deepEqual(project.calls(), []);
  const lines = second.stdout.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  const { type, stages, ...others } = lines.at(-1);
  assert.equal(type, "finished");
  assert.deepEqual(others, {});
  for (const [index, stage] of stages.entries()) {
    assert.deepEqual(Object.keys(stage), [
      "name",
      "status",
      "artifact",
      "seconds",
    ]);
    assert.equal(stage.name, ALL[index]);
    assert.equal(stage.status, "cached");
    assert.ok(project.exists(`${stage.artifact}/manifest.json`));
    assert.equal(typeof stage.seconds, "number");
  }
  // Only the first run is on record: the second found all of its results.
  assert.equal(project.list("artifacts/runs").length, 1);
});

Deno.test("a run that finds all results shows their tables again", async () => {
  using project = new Project(BAKERY);
  const price = project.read("stages/price.ts");
  project.write(
    "stages/price.ts",
    price.replace("[size, price]", "[size, NaN]"),
  );
  await project.run("bakery.yaml");
  project.calls();
  const again = await project.run("bakery.yaml");
  assert.deepEqual(project.calls(), []);
  assert.equal(
    timeless(again.stdout),
    `= dough cached  artifacts/dough/HASH
= bread cached  artifacts/bread/HASH

Prices
bread  price
─────  ─────
large    NaN

= price cached  artifacts/price/HASH
Done in T: 3 cached
`,
  );

  // Files with new times are hashed once, and their times noted.
  const [hash] = project.list("artifacts/price");
  const file = `artifacts/price/${hash}/price.txt`;
  Deno.utimeSync(`${project.folder}/${file}`, 1, 1);
  for (let run = 0; run < 2; run++) {
    const { stdout } = await project.run("bakery.yaml");
    assert.equal(timeless(stdout), timeless(again.stdout));
  }
});

Deno.test("what changes in a config decides what runs again", async () => {
  using project = new Project(BAKERY);
  await project.run("bakery.yaml");
  project.calls();

  // Comments, the order of keys and written defaults change nothing.
  project.write(
    "bakery.yaml",
    `name: bakery # not for pastry
stages:
  price:
    needs: { bread: bread }
    uses: ./stages/price.ts
    with: { currency: EUR }
  bread: { needs: [dough], uses: ./stages/bread.ts }
  dough:
    with:
      # by weight
      water: 300
      flour: 500
    uses: ./stages/dough.ts
`,
  );
  const same = await project.run("bakery.yaml", "--json");
  assert.equal(same.stderr, "");
  assert.deepEqual(Object.values(statuses(same)), Array(3).fill("cached"));

  // An untracked setting changes nothing.
  await project.run("bakery.yaml", "dough.threads=8");
  assert.deepEqual(project.calls(), []);

  // The last stage's setting runs the last stage.
  const last = await project.run("bakery.yaml", "price.currency=CHF", "--json");
  assert.deepEqual(statuses(last), {
    dough: "cached",
    bread: "cached",
    price: "ran",
  });
  assert.deepEqual(project.calls(), ["price"]);
  assert.equal(
    project.read("artifacts/latest/dough/artifact/dough.txt"),
    "800",
  );

  // Other dough of which the same bread is made: the cascade stops there.
  const equal = await project.run("bakery.yaml", "dough.water=310", "--json");
  assert.deepEqual(statuses(equal), {
    dough: "ran",
    bread: "ran",
    price: "cached",
  });
  assert.deepEqual(project.calls(), ["dough", "bread"]);
});

Deno.test("code that a stage reaches makes it stale, and status says so", async () => {
  using project = new Project(BAKERY);
  await project.run("bakery.yaml");
  project.calls();

  // Types never run.
  project.write("stages/flour.ts", "export type Flour = number; // rye\n");
  const fresh = await project.run("status", "bakery.yaml");
  assert.equal(
    timeless(fresh.stdout),
    `dough  fresh    artifacts/dough/HASH
bread  fresh    artifacts/bread/HASH
price  fresh    artifacts/price/HASH
`,
  );

  const scales = "export const weigh = (grams: number) => grams + 0;\n";
  project.write("stages/scales.ts", scales);
  const stale = await project.run("status", "bakery.yaml", "dough.flour=510");
  assert.equal(
    stale.stdout,
    `dough  stale    config flour: 500 → 510
                code stages/scales.ts: changed
bread  waits    waits for dough
price  waits    waits for bread
`,
  );
  const again = await project.run("bakery.yaml", "--json");
  assert.deepEqual(statuses(again), {
    dough: "ran",
    bread: "cached",
    price: "cached",
  });
  assert.deepEqual(project.calls(), ["dough"]);
});

Deno.test("a worker's file and an external file are followed", async () => {
  using project = new Project({
    "salt.txt": "fine",
    "stages/oven.ts": `
import { z } from "zod";
import { defineStage } from "STAGE";
export default defineStage({
  description: "heat",
  version: 1,
  config: z.strictObject({}),
  inputs: [],
  externals: () => [{ path: "salt.txt", by: "content" }],
  async run() {
    const worker = new Worker(new URL("./fire.ts", import.meta.url), {
      type: "module",
    });
    await new Promise((done) => worker.onmessage = done);
    worker.terminate();
  },
});
`,
    "stages/fire.ts": `import { heat } from "./heat.ts";
self.postMessage(heat);
`,
    "stages/heat.ts": "export const heat = 220;\n",
    "c.yaml": "stages: { oven: { uses: ./stages/oven.ts } }\n",
  });
  const first = await project.run("c.yaml", "--json");
  assert.deepEqual(statuses(first), { oven: "ran" }, first.stdout);
  project.write("stages/heat.ts", "export const heat = 230;\n");
  project.write("salt.txt", "coarse");
  const { stdout } = await project.run("status", "c.yaml");
  assert.equal(
    stdout,
    `oven  stale    code stages/heat.ts: changed
               external salt.txt: changed
`,
  );
});

Deno.test("--only, --from, --until, --force and --dry-run choose stages", async () => {
  using project = new Project(BAKERY);
  const dry = await project.run("bakery.yaml", "--until", "bread", "--dry-run");
  assert.equal(
    dry.stdout,
    `dough  stale    has not run yet
bread  waits    waits for dough
price  skipped
`,
  );
  const lost = await project.run("bakery.yaml", "--only", "bread");
  assert.equal(lost.code, 2);
  assert.equal(
    lost.stderr,
    'Stage "bread" needs the artifact of "dough", which is not there and is ' +
      "not to be made; run without --only and --from\n",
  );
  assert.deepEqual(project.calls(), []);

  const until = await project.run("bakery.yaml", "--until", "bread", "--json");
  assert.deepEqual(statuses(until), {
    dough: "ran",
    bread: "ran",
    price: "skipped",
  });
  const from = await project.run(
    ...["bakery.yaml", "--from", "bread", "--force", "bread", "--json"],
  );
  assert.deepEqual(statuses(from), {
    dough: "skipped",
    bread: "ran",
    price: "ran",
  });
  assert.deepEqual(project.calls(), ["dough", "bread", "bread", "price"]);
});
