import assert from "node:assert/strict";
import type { RunEvent } from "../../pipeline/event.ts";
import { CiLogger } from "../../pipeline/loggers/ci.ts";
import {
  bytes,
  duration,
  number,
  wrap,
} from "../../pipeline/loggers/format.ts";
import { Progress } from "../../pipeline/loggers/progress.ts";
import { formatTable } from "../../pipeline/loggers/table.ts";
import { TerminalLogger } from "../../pipeline/loggers/terminal.ts";

Deno.test("numbers are short", () => {
  assert.deepEqual([0.04, 9.94, 9.96, 61, 3600, 7450, 180000].map(duration), [
    "0.0 s",
    "9.9 s",
    "10 s",
    "1 min 1 s",
    "1 h",
    "2 h 4 min",
    "2 d 2 h",
  ]);
  assert.deepEqual(
    [3, 0, -2.5, 1234.567, 0.0004, 0.000400001, 1e12, NaN].map(number),
    ["3", "0", "-2.5", "1235", "4e-4", "4e-4", "1e12", "NaN"],
  );
  assert.deepEqual([12, 3400, 1.25e9].map(bytes), ["12 B", "3.4 kB", "1.3 GB"]);
});

Deno.test("long lines break between words, whatever their colour", () => {
  assert.deepEqual(wrap("one two three", 8), ["one two", "  three"]);
  assert.deepEqual(wrap("one two", 7), ["one two"]);
  const red = "\x1b[31mone two\x1b[39m";
  assert.deepEqual(wrap(red, 7), [red]);
  assert.deepEqual(wrap("    in a/very/long/path", 9), [
    ...["    in", "  a/very/long/path"],
  ]);
});

Deno.test("tables align numbers to the right and fit narrow terminals", () => {
  const rows = [["car", 0.5], ["bicycle", 0.12345]];
  assert.deepEqual(formatTable(["class", "AP"], rows), [
    "class        AP",
    "───────  ──────",
    "car      0.5000",
    "bicycle  0.1235",
  ]);
  assert.deepEqual(formatTable(["class"], []), ["class", "─────"]);
});

Deno.test("a narrow terminal shows all columns, below each other", () => {
  const rows = [["car", 0.5, 12, NaN], ["bicycle", 1, 3, 0.25]];
  assert.deepEqual(formatTable(["class", "AP", "TP", "ATE"], rows, 16), [
    "class     AP  TP",
    "───────  ───  ──",
    "car      0.5  12",
    "bicycle  1.0   3",
    "",
    "class     ATE",
    "───────  ────",
    "car       NaN",
    "bicycle  0.25",
  ]);
  // Without words that name the rows, nothing is repeated.
  assert.deepEqual(formatTable(["mAP", "NDS"], [[1, 2]], 5), [
    ...["mAP", "───", "  1", "", "NDS", "───", "  2"],
  ]);
  // A column that is too wide by itself is cut.
  assert.equal(formatTable(["class"], rows, 6)[3], "bicyc…");
});

Deno.test("the rate is of the last half minute, the time left follows", () => {
  let now = 0;
  const progress = new Progress(() => now);
  const add = (done: number, values = {}) =>
    progress.add({ type: "progress", unit: "steps", done, total: 200, values });
  add(100); // a resumed run starts here
  assert.equal(progress.text(), "steps 100/200 50%");
  for (let i = 1; i <= 40; i++) {
    now = i * 1000;
    add(100 + i * 2, { loss: 1 / 3 });
  }
  assert.equal(
    progress.text(),
    "steps 180/200 90%  2/s  10 s left  loss 0.3333",
  );
  now += 20_000;
  add(181);
  assert.equal(progress.rate, 23 / 31);
  progress.add({ type: "progress", unit: "frames", done: 0, total: 0 });
  assert.equal(progress.text(), "frames 0/0");
});

const EVENTS: RunEvent[] = [
  { type: "started", config: "c.yaml", stages: ["train"] },
  {
    type: "stage-started",
    stage: "train",
    reasons: ["config lr: 1 → 2", "a", "b", "c", "d"],
  },
  {
    type: "stage",
    stage: "train",
    event: {
      type: "progress",
      unit: "steps",
      done: 1,
      total: 4,
      values: { loss: 2.5, a_rather_long_name: 7 },
    },
  },
  { type: "output", stage: "train", text: "from a library" },
  {
    type: "stage",
    stage: "train",
    event: { type: "message", level: "warning", text: "dim light" },
  },
  {
    type: "stage-finished",
    stage: "train",
    summary: {
      name: "train",
      status: "ran",
      artifact: "artifacts/train/abc",
      seconds: 63,
    },
  },
];

Deno.test("a terminal shows one status line below, cut to its width", () => {
  let text = "";
  const logger = new TerminalLogger(() => ({
    width: 40,
    print: (more) => text += more,
    style: (_, plain) => plain,
  }));
  for (const event of EVENTS) logger.log(event);
  logger.close();
  assert.deepEqual(text.split("\r\x1b[K"), [
    "train runs: config lr: 1 → 2; a; b; and\n  2 more\n",
    "train  0.0 s",
    "train: warning: dim light\n",
    "train  steps 1/4 25%  loss 2.5  a_rath…",
    "✓ train ran in 1 min 3 s\n  artifacts/train/abc\n",
  ]);
});

Deno.test("without a terminal there are plain lines, progress now and then", () => {
  let text = "";
  const often = new CiLogger((more) => text += more, 0);
  for (const event of EVENTS) often.log(event);
  assert.equal(
    text,
    `train runs: config lr: 1 → 2; a; b; and 2 more
train: steps 1/4 25%  loss 2.5  a_rather_long_name 7
train: warning: dim light
✓ train ran in 1 min 3 s  artifacts/train/abc
`,
  );
});
