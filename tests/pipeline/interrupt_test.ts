import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Project, statuses, timeless } from "./rig.ts";
import { SLOW } from "./slow.ts";

/** Whether a process runs; one that has ended but is not reaped does not. */
function isRunning(pid: number): boolean {
  // `cat` reads it: Deno wants all permissions for /proc.
  const args = [`/proc/${pid}/stat`];
  const { stdout } = new Deno.Command("cat", { args, stderr: "null" })
    .outputSync();
  const [, state] = new TextDecoder().decode(stdout).split(") ");
  return state !== undefined && !state.startsWith("Z");
}

async function gone(pid: number): Promise<void> {
  for (let tries = 0; isRunning(pid); tries++) {
    if (tries > 500) assert.fail(`process ${pid} still runs`);
    await delay(10);
  }
}

function helper(project: Project): number {
  return Number(project.read("helper.txt"));
}

Deno.test("Ctrl+C saves, ends all processes, and the next run goes on", async () => {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    using project = new Project(SLOW);
    const running = project.start("slow.yaml");
    await running.printed("at 3");
    running.signal(name);
    const { code, stdout, stderr } = await running.end();
    assert.equal(code, 130);
    assert.equal(stderr, "");
    assert.equal(
      timeless(stdout),
      `count runs: has not run yet
count: at 3
warning: Interrupted: the stage saves its work; Ctrl+C again ends it at once
– count interrupted
Interrupted in T: 1 interrupted, 1 skipped; the same command goes on from here
`,
    );
    await gone(helper(project));
    assert.deepEqual(project.list("artifacts/.locks"), []);
    assert.deepEqual(project.list("artifacts"), [
      ".cache",
      ".locks",
      ".work",
      "latest",
      "runs",
    ]);
    project.write("go", "");
    const next = await project.run("slow.yaml", "--json");
    assert.deepEqual(statuses(next), { count: "ran", copy: "ran" });
    assert.deepEqual(project.calls(), ["from 0", "from 3"]);
    // Neither the unfinished output nor the scratch folder is left.
    const [hash] = project.list("artifacts/count");
    assert.deepEqual(project.list(`artifacts/count/${hash}`), [
      "count.txt",
      "manifest.json",
      "partial.txt",
    ]);
    assert.deepEqual(project.list("artifacts/.work"), []);
    assert.deepEqual(project.list("artifacts/.locks"), []);
    const runs = await project.run("runs");
    assert.match(runs.stdout, /finished .* 2 ran[^]*interrupted/);
  }
});

Deno.test("a second Ctrl+C ends a stage that does not listen", async () => {
  using project = new Project(SLOW);
  const running = project.start("slow.yaml", "count.deaf=true");
  await running.printed("at 3");
  running.signal("SIGINT");
  await running.printed("Interrupted");
  running.signal("SIGINT"); // an echo of the first: see interrupt.ts
  await delay(600);
  assert.ok(isRunning(running.pid));
  running.signal("SIGINT");
  const { code } = await running.end();
  assert.equal(code, 130);
  await gone(helper(project));
});

Deno.test("a stage that computes without a pause is stopped and saves", async () => {
  using project = new Project(SLOW);
  const running = project.start("greedy.yaml");
  await running.printed("at 0");
  running.signal("SIGINT");
  const { code } = await running.end();
  assert.equal(code, 130);
  const [work] = project.list("artifacts/.work");
  assert.deepEqual(project.list(`artifacts/.work/${work}`), ["scratch"]);
  assert.ok(
    Number(project.read(`artifacts/.work/${work}/scratch/done.txt`)) > 0,
  );

  // Nor does it outlive a pipeline that was killed.
  const killed = project.start("greedy.yaml");
  await killed.printed("at 0");
  killed.signal("SIGKILL");
  await killed.end();
  const next = project.start("greedy.yaml");
  await next.printed("at 0");
  next.signal("SIGINT");
  assert.equal((await next.end()).code, 130);
});

Deno.test("a killed run leaves a store that the next run cleans", async () => {
  using project = new Project(SLOW);
  const running = project.start("slow.yaml");
  await running.printed("at 3");
  running.signal("SIGKILL");
  await running.end();
  await gone(helper(project));
  const runs = await project.run("runs");
  assert.match(runs.stdout, /\bkilled\b/);
  assert.equal(project.list("artifacts/.work").length, 1);

  // Another fingerprint: its run sweeps up the output of the killed one.
  project.write("go", "");
  const next = await project.run("slow.yaml", "count.deaf=true", "--json");
  assert.deepEqual(statuses(next), { count: "ran", copy: "ran" });
  assert.deepEqual(project.list("artifacts/.work"), []);
  assert.deepEqual(project.list("artifacts/.locks"), []);
});

Deno.test("of two runs at once one works, and the other finds the result", async () => {
  using project = new Project(SLOW);
  const first = project.start("slow.yaml");
  await first.printed("at 3");
  const second = project.start("slow.yaml");
  await second.printed("waiting");
  const gc = await project.run("gc", "--keep", "0");
  assert.equal(gc.stdout, "Nothing to remove\n");
  project.write("go", "");
  const [one, two] = [await first.end(), await second.end()];
  assert.equal(one.code, 0, one.stderr);
  assert.equal(two.code, 0, two.stderr);
  assert.deepEqual(project.calls(), ["from 0"]);
  assert.equal(
    timeless(two.stdout).split("\n").slice(0, 2).join("\n"),
    "count: Another run is making the artifact of count; waiting for it\n" +
      "= count cached  artifacts/count/HASH",
  );
});
