/**
 * `deno task test:golden`: the tests that compare with recordings of the
 * original code, then one table of all comparisons.
 * @module
 */
import { formatGoldenTable, readGoldenRows } from "./support/table.ts";

const FOLDERS = [
  "tests/models",
  "tests/streampetr",
  "tests/nusc",
  "tests/engine/onnx",
];

const table = Deno.makeTempFileSync();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    ...["read", "write", "env", "run", "ffi", "sys"].map((x) => `--allow-${x}`),
    ...(Deno.args.length > 0 ? Deno.args : FOLDERS),
  ],
  env: { GOLDEN_TABLE: table, TF_ENABLE_ONEDNN_OPTS: "0" },
  stdout: "inherit",
  stderr: "inherit",
}).output();
const rows = readGoldenRows(table);
Deno.removeSync(table);
const fixtures = new Set(rows.map(({ fixture }) => fixture));
const outside = rows.filter(({ error, bound }) => error > bound).length;
const text = `${formatGoldenTable(rows)}\n\n${rows.length} comparisons with ` +
  `${fixtures.size} fixtures, ${outside} beyond their bounds\n`;
const bytes = new TextEncoder().encode(text);
for (let at = 0; at < bytes.length;) {
  at += Deno.stdout.writeSync(bytes.subarray(at));
}
Deno.exit(code);
