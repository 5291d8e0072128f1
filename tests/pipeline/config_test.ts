import assert from "node:assert/strict";
import { z } from "zod";
import { parseYaml } from "../../pipeline/config/parse.ts";
import { formatProblem, type Problem } from "../../pipeline/config/problem.ts";
import { keysAt } from "../../pipeline/config/schema.ts";
import { position, type Source } from "../../pipeline/config/source.ts";
import { distance, nearest } from "../../pipeline/config/suggest.ts";
import { merge, toValue } from "../../pipeline/config/tree.ts";
import { Project, statuses } from "./rig.ts";
import { BAKERY } from "./bakery.ts";

function source(text: string): Source {
  return { name: "c.yaml", text, folder: "." };
}

function tree(text: string) {
  const problems: Problem[] = [];
  const result = parseYaml(source(text), problems);
  assert.deepEqual(problems, []);
  return result;
}

Deno.test("distance() counts insertions, deletions, changes and swaps", () => {
  assert.equal(distance("", "abc"), 3);
  assert.equal(distance("kitten", "sitting"), 3);
  assert.equal(distance("iamge", "image"), 1);
  assert.equal(distance("same", "same"), 0);
});

Deno.test("nearest() takes slips of the finger, and no other word", () => {
  const known = ["lr", "weight_decay", "betas"];
  assert.equal(nearest("weigth_decay", known), "weight_decay");
  assert.equal(nearest("lrr", known), "lr");
  assert.equal(nearest("momentum", known), null);
});

Deno.test("YAML values keep their places, aliases included", () => {
  const text = "a: &x [1, 'two']\nb: *x\nc:\nd: {e: 1e-4, f: on}\n";
  const result = tree(text);
  assert.deepEqual(toValue(result), {
    a: [1, "two"],
    b: [1, "two"],
    c: null,
    d: { e: 1e-4, f: "on" },
  });
  assert.ok(result.kind === "map");
  const { key, value } = result.entries.get("d")!;
  assert.deepEqual(position(key), {
    line: 4,
    column: 1,
    text: "d: {e: 1e-4, f: on}",
  });
  assert.ok(value.kind === "map");
  const { place } = value.entries.get("e")!.value;
  assert.equal(text.slice(place.start, place.end), "1e-4");
});

Deno.test("merge() goes into maps and replaces lists and scalars", () => {
  const parent = tree("a: {b: 1, c: [1, 2, 3]}\nd: 4\ne: {f: 5}\n");
  const child = tree("a: {c: [9]}\nd: {g: 6}\ne: null\n");
  assert.deepEqual(toValue(merge(parent, child)), {
    a: { b: 1, c: [9] },
    d: { g: 6 },
    e: null,
  });
});

Deno.test("formatProblem() keeps tabs and cuts tokens at the line's end", () => {
  const text = "a:\n\tb: |\n\t  c\n\t  d\n";
  const start = text.indexOf("|");
  const place = { source: source(text), start, end: text.length };
  assert.equal(
    formatProblem({ message: "Found text, expected a number", place }),
    "c.yaml:2:5 Found text, expected a number\n    \tb: |\n    \t   ~",
  );
});

Deno.test("keysAt() sees through defaults, unions, lists and records", () => {
  const schema = z.strictObject({
    model: z.union([
      z.strictObject({ depth: z.number() }),
      z.strictObject({ width: z.number() }),
    ]).prefault({ depth: 1 }),
    list: z.array(z.strictObject({ x: z.number() })).optional(),
    table: z.record(z.string(), z.strictObject({ y: z.number() })),
  });
  assert.deepEqual(keysAt(schema, []), ["model", "list", "table"]);
  assert.deepEqual(keysAt(schema, ["model"]), ["depth", "width"]);
  assert.deepEqual(keysAt(schema, ["list", 3]), ["x"]);
  assert.deepEqual(keysAt(schema, ["table", "any"]), ["y"]);
  assert.deepEqual(keysAt(schema, ["model", "depth"]), []);
});

Deno.test("a chain of configs: config tells where each value comes from", async () => {
  using project = new Project({
    ...BAKERY,
    "sub/child.yaml": `extends: ../bakery.yaml
name: cheap
stages:
  dough: { with: { water: 350 } }
`,
    "grandchild.yaml": `# without a price
extends: ./sub/child.yaml
stages:
  price: null
`,
  });
  const { code, stdout } = await project.run(
    ...["config", "grandchild.yaml", "dough.threads=2"],
  );
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `name: "cheap"
stages:
  dough:
    uses: ./stages/dough.ts  # bakery.yaml:4
    with:
      flour: 500             # bakery.yaml:5
      water: 350             # sub/child.yaml:4
      threads: 2             # command line
  bread:
    uses: ./stages/bread.ts  # bakery.yaml:7
    needs:
      dough: dough           # bakery.yaml:8
    with:
      minutes: 40            # default
`,
  );
  // What it prints is a config of the same meaning.
  const run = await project.run("grandchild.yaml", "--json");
  assert.deepEqual(statuses(run), { dough: "ran", bread: "ran" });
  project.write("printed.yaml", stdout);
  const again = await project.run("printed.yaml", "--json");
  assert.deepEqual(statuses(again), { dough: "cached", bread: "cached" });
});

Deno.test("another module keeps the stage's needs, but not its settings", async () => {
  using project = new Project({
    ...BAKERY,
    "stages/toast.ts": BAKERY["stages/bread.ts"]!.replace("minutes", "slices"),
    "parent.yaml": `extends: bakery.yaml
stages:
  bread: { with: { minutes: 30 } }
`,
    "child.yaml": `extends: parent.yaml
stages:
  bread: { uses: ./stages/toast.ts }
  price: null
`,
  });
  const { code, stdout } = await project.run("config", "child.yaml");
  assert.equal(code, 0, stdout);
  assert.match(stdout, /needs:\n +dough: dough/);
  assert.match(stdout, /slices: 40 +# default/);
  assert.doesNotMatch(stdout, /minutes/);
});

Deno.test("graph draws a tree, and Mermaid's text", async () => {
  using project = new Project(BAKERY);
  const tree = await project.run("graph", "bakery.yaml");
  assert.equal(
    tree.stdout,
    `price  name a price
└─ bread  bake the dough
   └─ dough  mix flour and water
`,
  );
  const mermaid = await project.run("graph", "--mermaid", "bakery.yaml");
  assert.equal(
    mermaid.stdout,
    `graph LR
  s0["dough"]
  s1["bread"]
  s2["price"]
  s0 --> s1
  s1 --> s2
`,
  );
});
