import assert from "node:assert/strict";
import { differences } from "../../pipeline/fingerprint/compare.ts";
import {
  type FingerprintData,
  fingerprintOf,
  trackedConfig,
} from "../../pipeline/fingerprint/mod.ts";
import { canonicalJson } from "../../pipeline/hash.ts";

const DATA: FingerprintData = {
  stage: "bread",
  version: 1,
  config: { minutes: 40, oven: { top: true, degrees: 220 } },
  inputs: { dough: "aa" },
  files: { "stages/bread.ts": "bb" },
  packages: ["zod@4.6.7"],
  externals: [["salt.txt", "cc"]],
};

Deno.test("a fingerprint is the same in every process and year", () => {
  // A change of this value makes all artifacts of all users stale.
  assert.equal(
    fingerprintOf(DATA),
    "e7a5ba4330b4d0eb2b45fbd103107390b61f66ff8085847ee8acea8cb6744f84",
  );
});

Deno.test("each field changes the fingerprint, the order of keys does not", () => {
  const others: FingerprintData[] = [
    { ...DATA, stage: "roll" },
    { ...DATA, version: 2 },
    { ...DATA, config: { minutes: 41, oven: { top: true, degrees: 220 } } },
    { ...DATA, inputs: { dough: "ab" } },
    { ...DATA, files: { "stages/bread.ts": "bc" } },
    { ...DATA, packages: ["zod@4.6.8"] },
    { ...DATA, externals: [["salt.txt", "cd"]] },
  ];
  const prints = [DATA, ...others].map(fingerprintOf);
  assert.equal(new Set(prints).size, prints.length);
  const turned = {
    ...Object.fromEntries(Object.entries(DATA).reverse()),
    config: { oven: { degrees: 220, top: true }, minutes: 40 },
  } as FingerprintData;
  assert.equal(fingerprintOf(turned), fingerprintOf(DATA));
});

Deno.test("trackedConfig() leaves untracked settings out", () => {
  const config = { lr: 1, threads: 8 };
  assert.deepEqual(trackedConfig(config, ["threads"]), { lr: 1 });
  assert.equal(
    canonicalJson({ b: [{ d: 1, c: undefined }], a: null }),
    '{"a":null,"b":[{"d":1}]}',
  );
});

Deno.test("differences() names the very fields", () => {
  const after: FingerprintData = {
    stage: "bread",
    version: 2,
    config: { minutes: 45, oven: { top: true }, salt: "x".repeat(80) },
    inputs: { dough: "ab" },
    files: { "stages/oven.ts": "bb" },
    packages: ["zod@4.6.8", "@scope/yeast@1.0.0"],
    externals: [["salt.txt", "dd"]],
  };
  assert.deepEqual(differences(DATA, after), [
    "version: 1 → 2",
    "config minutes: 40 → 45",
    "config oven.degrees: 220 → not set",
    `config salt: not set → "${"x".repeat(56)}…`,
    "input dough: changed",
    "code stages/bread.ts: removed",
    "code stages/oven.ts: added",
    "package @scope/yeast: added 1.0.0",
    "package zod: 4.6.7 → 4.6.8",
    "external salt.txt: changed",
  ]);
  assert.deepEqual(differences(DATA, DATA), []);
});
