/** Two runs of one program: equal bits, and nothing on stderr. @module */
import assert from "node:assert/strict";

const PROGRAM = new URL("./training.ts", import.meta.url).pathname;

/** Trains in a process of its own, as in production: with oneDNN. */
async function train() {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--no-check", PROGRAM],
    env: { TF_ENABLE_ONEDNN_OPTS: "1" },
  }).output();
  const text = new TextDecoder();
  const errors = text.decode(stderr);
  assert.ok(success, errors);
  return { result: JSON.parse(text.decode(stdout)), errors };
}

Deno.test("training in two processes at once gives the same bits", async () => {
  const [first, second] = await Promise.all([train(), train()]);
  assert.deepEqual(first.result, second.result);
  assert.equal(first.errors, "", "TensorFlow writes nothing to stderr");

  const { losses } = first.result as { losses: number[] };
  losses.slice(1).forEach((loss, i) =>
    assert.ok(loss < losses[i]!, `the loss falls: ${losses}`)
  );
});
