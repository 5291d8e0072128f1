import assert from "node:assert/strict";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Exit code and last JSON line of a dry run. */
async function dryRun(config: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-run",
      "--allow-ffi",
      "--allow-sys",
      "pipeline/cli.ts",
      config,
      "--dry-run",
      "--json",
    ],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder().decode(stdout).trim();
  return {
    code,
    last: text.split("\n").at(-1)!,
    complaint: new TextDecoder().decode(stderr),
  };
}

for (const { name } of Deno.readDirSync(`${ROOT}/configs`)) {
  if (!name.endsWith(".yaml")) continue;
  Deno.test(`configs/${name} is a config that could run`, async () => {
    const { code, last, complaint } = await dryRun(`configs/${name}`);
    assert.equal(code, 0, complaint);
    const { type, stages } = JSON.parse(last);
    assert.equal(type, "finished");
    assert.deepEqual(stages.map((stage: { name: string }) => stage.name), [
      "dataset",
      "create-data",
      "train",
      "export",
      "infer",
      "evaluate",
      "track",
      "evaluate-tracking",
    ]);
  });
}
