import assert from "node:assert/strict";
import { BAKERY } from "./bakery.ts";
import { Project, statuses, timeless } from "./rig.ts";
import { SLOW } from "./slow.ts";

Deno.test("a stage that fails ends the run with 1 and one message", async () => {
  using project = new Project(SLOW);
  const user = await project.run("fail.yaml");
  assert.equal(user.code, 1);
  assert.equal(
    timeless(user.stdout),
    `fail runs: has not run yet
error: fail: Found no salt
✗ fail failed
Failed in T: 1 failed, 1 skipped
`,
  );
  const bug = await project.run("fail.yaml", "fail.how=bug", "--json");
  assert.equal(bug.code, 1);
  assert.deepEqual(statuses(bug), { fail: "failed", next: "skipped" });
  const error = bug.stdout.split("\n").find((line) => line.includes('"error"'));
  const { message, detail } = JSON.parse(error!);
  assert.equal(message, "salt is undefined");
  assert.match(detail, /^TypeError: salt is undefined\n +at .*fail\.ts:/);
});

Deno.test("a stage whose process is killed or whose disk is full", async () => {
  using project = new Project(SLOW);
  const killed = await project.run("fail.yaml", "fail.how=killed");
  assert.equal(killed.code, 1);
  assert.equal(
    timeless(killed.stdout),
    `fail runs: has not run yet
error: fail: Its process ended with SIGKILL; the system ends processes so when memory runs out
    out of flour
✗ fail failed
Failed in T: 1 failed, 1 skipped
`,
  );
  const full = await project.run("fail.yaml", "fail.how=full");
  assert.equal(full.code, 1);
  assert.match(
    full.stdout,
    /\nerror: fail: The disk is full\. Nothing is lost/,
  );
  assert.doesNotMatch(full.stdout, /os error| at .*\.ts/);
  const works = project.list("artifacts/.work");
  assert.equal(works.length, 2);
  for (const work of works) {
    assert.equal(
      project.read(`artifacts/.work/${work}/scratch/saved.txt`),
      "kept",
    );
  }
  const name = await project.run("fail.yaml", "fail.how=other");
  assert.match(name.stdout, /wrote manifest\.json, a name that the store uses/);
});

Deno.test("a damaged artifact is named and made again", async () => {
  using project = new Project(BAKERY);
  await project.run("bakery.yaml");
  const [hash] = project.list("artifacts/dough");
  const folder = `artifacts/dough/${hash}`;
  const damages: [damage: () => void, reason: string, flags: string[]][] = [
    [
      () => project.write(`${folder}/dough.txt`, "8"),
      "dough.txt has 1 bytes, expected 3",
      [],
    ],
    [
      () => project.write(`${folder}/dough.txt`, "801"),
      "dough.txt has other content",
      [],
    ],
    [
      () => project.remove(`${folder}/dough.txt`),
      "dough.txt is missing",
      [],
    ],
    [
      () => project.write(`${folder}/manifest.json`, '{"files": [{'),
      "manifest.json is missing or cannot be read",
      [],
    ],
    [
      () => {
        // As a failing disk would: neither size nor time tells.
        const path = `${project.folder}/${folder}/dough.txt`;
        const { atime, mtime } = Deno.statSync(path);
        project.write(`${folder}/dough.txt`, "801");
        Deno.utimeSync(path, atime!, mtime!);
      },
      "dough.txt has other content",
      ["--verify"],
    ],
  ];
  for (const [damage, reason, flags] of damages) {
    project.calls();
    damage();
    const { code, stdout } = await project.run("bakery.yaml", ...flags);
    assert.equal(code, 0);
    assert.equal(
      stdout.split("\n")[0]!.replace(hash!, "HASH"),
      `dough: warning: The artifact artifacts/dough/HASH is damaged: ${reason}; it is made again`,
    );
    assert.deepEqual(project.calls(), ["dough"], reason);
    assert.equal(project.read(`${folder}/dough.txt`), "800");
  }
});

Deno.test("a copied store is hashed once and believed", async () => {
  using project = new Project(BAKERY);
  await project.run("bakery.yaml");
  project.calls();
  const [hash] = project.list("artifacts/dough");
  const path = `${project.folder}/artifacts/dough/${hash}/dough.txt`;
  Deno.utimeSync(path, 1, 1);
  const { code } = await project.run("bakery.yaml");
  assert.equal(code, 0);
  assert.deepEqual(project.calls(), []);
  const manifest = project.read(`artifacts/dough/${hash}/manifest.json`);
  assert.equal(JSON.parse(manifest).files[0].mtime, 1000);
});

Deno.test("gc keeps what the last runs of each config use", async () => {
  using project = new Project(BAKERY);
  await project.run("bakery.yaml");
  await project.run("bakery.yaml", "price.currency=CHF");
  const before = project.list("artifacts/price");
  assert.equal(before.length, 2);
  const dry = await project.run("gc", "--keep", "1", "--dry-run");
  assert.match(dry.stdout, /^would remove artifacts\/price\/\w{12} \(/);
  assert.deepEqual(project.list("artifacts/price"), before);

  const { code, stdout } = await project.run("gc", "--keep", "1");
  assert.equal(code, 0);
  assert.equal(
    stdout.replaceAll(/\([\d.]+ k?B\)/g, "(SIZE)")
      .replace(/runs\/[\w-]+/, "runs/RUN").replace(/\/[0-9a-f]{12}/, "/HASH")
      .replace(/Freed .*/, "Freed SIZE"),
    `removed artifacts/price/HASH (SIZE)
removed artifacts/runs/RUN (SIZE)
Freed SIZE
`,
  );
  const kept = await project.run("bakery.yaml", "price.currency=CHF", "--json");
  assert.deepEqual(Object.values(statuses(kept)), Array(3).fill("cached"));
  const again = await project.run("gc", "--keep", "1");
  assert.equal(again.stdout, "Nothing to remove\n");
  const doctor = await project.run("doctor");
  assert.match(doctor.stdout, /✓ store: 3 artifacts\n/);
});

Deno.test("code that changes while a run waits is not passed off as the old", async () => {
  using project = new Project(SLOW);
  const running = project.start("slow.yaml", "--json");
  await running.printed("at 3");
  const text = project.read("stages/copy.ts");
  project.write("stages/copy.ts", text.replace("copy.txt", "duplicate.txt"));
  project.write("go", "");
  const result = await running.end();
  assert.equal(result.code, 1);
  assert.deepEqual(statuses(result), { count: "ran", copy: "failed" });
  assert.match(
    result.stdout,
    /"Its code has changed since this run began; run again to use it"/,
  );
  const again = await project.run("slow.yaml", "--json");
  assert.deepEqual(statuses(again), { count: "cached", copy: "ran" });
});
