import assert from "node:assert/strict";
import { linesOf, linksOf, mended, pages, targetOf } from "./anchors.ts";

/** The pages about parts of the paper. */
const PARTS = [
  "denoising",
  "focal",
  "losses",
  "memory",
  "motion",
  "position",
].map((name) => `docs/${name}.md`);

for (const page of pages()) {
  Deno.test(`${page}: links lead to files, and to the symbols they name`, () => {
    const text = Deno.readTextFileSync(page);
    for (const link of linksOf(page, text)) {
      assert.ok(
        Deno.statSync(link.path).isFile,
        `${link.path} is a file`,
      );
    }
    assert.equal(
      mended(page, text),
      text,
      "line numbers are stale; `deno task docs` mends them",
    );
  });
}

for (const page of PARTS) {
  Deno.test(`${page} points at its 30 to 100 lines, and the index at it`, () => {
    const text = Deno.readTextFileSync(page);
    const sizes = linksOf(page, text).map((link) => {
      const lines = targetOf(page, link);
      return lines ? lines.last - lines.first + 1 : 0;
    });
    assert.ok(sizes.some((size) => size >= 30), `${sizes}`);
    assert.ok(sizes.every((size) => size <= 100), `${sizes}`);
    const index = Deno.readTextFileSync("docs/README.md");
    assert.ok(
      linksOf("docs/README.md", index).some(({ path }) => path === page),
    );
  });
}

Deno.test("linesOf() takes a declaration with its comment, whole", () => {
  const code = [
    "/** One. */",
    "const one = 1;",
    "",
    "/**",
    " * Two.",
    " */",
    "export function two(",
    "  x: number,",
    "): number {",
    "  return x;",
    "}",
    "export type Three =",
    '  | "a"',
    '  | "b";',
  ].join("\n");
  assert.deepEqual(linesOf(code, "one"), { first: 1, last: 2 });
  assert.deepEqual(linesOf(code, "two"), { first: 4, last: 11 });
  assert.equal(linesOf(code, "four"), null);
});

Deno.test("a stale anchor is mended, another symbol is refused", () => {
  const page = "docs/x.md";
  const link = (target: string) => `see [\`linesOf\`](../${target}).`;
  const file = "tests/docs/anchors.ts";
  const right = mended(page, link(`${file}#L1-L2`));
  assert.match(right, /anchors\.ts#L\d+-L\d+\)\.$/);
  assert.notEqual(right, link(`${file}#L1-L2`));
  assert.equal(mended(page, right), right);
  assert.throws(
    () => mended(page, link("deno.json").replace("json", "json.ts")),
    /deno\.json\.ts/,
  );
  assert.throws(
    () => mended(page, "[`nothing`](../tests/docs/anchors.ts)"),
    /docs\/x\.md: tests\/docs\/anchors\.ts declares no "nothing"/,
  );
});
