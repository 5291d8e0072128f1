import assert from "node:assert/strict";
import {
  linesOf,
  type Link,
  linksOf,
  mended,
  pages,
  symbolsOf,
  targetOf,
} from "./anchors.ts";

/** The pages about parts of the paper. */
const PARTS = [
  "denoising",
  "focal",
  "losses",
  "memory",
  "motion",
  "position",
].map((name) => `docs/${name}.md`);

/**
 * Whether the declarations that a link names are within its lines. Code moves
 * by a line or two with every change: that alone must not fail.
 */
function isAtItsPlace(page: string, link: Link): boolean {
  const symbols = symbolsOf(link);
  if (symbols === null) return true;
  const [, first, last] = /^L(\d+)-L(\d+)$/.exec(link.anchor ?? "") ?? [];
  const code = Deno.readTextFileSync(link.path);
  return symbols.every((symbol) => {
    const lines = linesOf(code, symbol);
    assert.ok(lines, `${page}: ${link.path} declares no "${symbol}"`);
    return lines.declared >= Number(first) && lines.declared <= Number(last);
  });
}

for (const page of pages()) {
  Deno.test(`${page}: links lead to files, and to the symbols they name`, () => {
    const text = Deno.readTextFileSync(page);
    for (const link of linksOf(page, text)) {
      assert.ok(Deno.statSync(link.path).isFile, `${link.path} is a file`);
      assert.ok(
        isAtItsPlace(page, link),
        `${link.text} of ${link.path} is not at ${link.anchor}: ` +
          "`deno task docs` moves the anchors",
      );
    }
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
  assert.deepEqual(linesOf(code, "one"), { first: 1, declared: 2, last: 2 });
  assert.deepEqual(linesOf(code, "two"), { first: 4, declared: 7, last: 11 });
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
  const stale: Link = { ...linksOf(page, right)[0]!, anchor: "L1-L2" };
  assert.equal(isAtItsPlace(page, linksOf(page, right)[0]!), true);
  assert.equal(isAtItsPlace(page, stale), false);
  assert.throws(
    () => mended(page, link("deno.json").replace("json", "json.ts")),
    /deno\.json\.ts/,
  );
  assert.throws(
    () => mended(page, "[`nothing`](../tests/docs/anchors.ts)"),
    /docs\/x\.md: tests\/docs\/anchors\.ts declares no "nothing"/,
  );
});
