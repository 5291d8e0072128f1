import assert from "node:assert/strict";
import {
  memoryGoal,
  ratioGoal,
  timeGoal,
  UsageError,
} from "../../bench/run/bench.ts";
import { measure } from "../../bench/run/child.ts";
import type { Cost } from "../../bench/run/report.ts";
import { textOf } from "../../bench/run/table.ts";
import { installPeers } from "../../bench/peer/python.ts";

const OURS: Cost = {
  seconds: 2,
  workCpuSeconds: 0.4,
  cpuSeconds: 0.5,
  peakBytes: 2 ** 28,
  facts: {},
};
const PEER: Cost = { ...OURS, seconds: 9, cpuSeconds: 6, peakBytes: 2 ** 31 };
const MACHINE = {
  ...{ processor: "Some CPU", cores: 2, memoryGiB: 8, deno: "2.9.6" },
  ...{ load: 0.5, date: "2026-02-03" },
};

Deno.test("both sides stand in a table with their goals", () => {
  const goals = [
    ratioGoal({ ours: OURS, peer: PEER }, 15),
    ratioGoal({ ours: OURS }, 15),
    timeGoal(OURS, 0.3, "s"),
    timeGoal(OURS, 5, "ms a sample", 100),
    memoryGoal(OURS, 0.25),
  ];
  assert.deepEqual(
    textOf([{ what: "work", ours: OURS, peer: PEER, goals }], MACHINE),
    `what  by    CPU s  wall s  peak GiB  CPU ratio
work  ours  0.500    2.00     0.250
      peer   6.00    9.00      2.00       12.0

✗ work: 12.0 times fewer CPU s, at least 15 times
? work: not timed, at least 15 times
✗ work: 2.00 s (CPU: 0.400), at most 0.3 s
✓ work: 20.0 ms a sample (CPU: 4.00), at most 5 ms a sample
✓ work: 0.250 GiB, at most 0.25 GiB
2026-02-03, Some CPU, 2 cores, 8 GiB, Deno 2.9.6, load 0.5
`,
  );
  const busy = textOf([{ what: "work", ours: OURS, goals: [] }], {
    ...MACHINE,
    load: 3,
  });
  assert.match(busy, /no peer timed/);
  assert.match(busy, /note: others were using the cores/);
});

Deno.test("a side that fails says why", async () => {
  const code = "console.error('no luck'); Deno.exit(3)";
  await assert.rejects(
    measure(Deno.execPath(), ["eval", code]),
    /Cannot time .*\n.*no luck/s,
  );
  await assert.rejects(installPeers("anywhere", "no-such-python"), (error) => {
    assert(error instanceof UsageError);
    assert.match(error.message, /Found no program no-such-python, .*--python/);
    return true;
  });
});
