/** Packages of the python3 on PATH, and why its TensorFlow is not taken. */
import assert from "node:assert/strict";
import { findPackage } from "../../../engine/tensorflow/library/python.ts";
import { failure, search, withFake } from "./fakes.ts";

Deno.test("the error says why python3's TensorFlow was not taken", () =>
  withFake(async (fake) => {
    const { folder } = fake;
    fake.set("FAKE_PIP", "failing");
    fake.set("FAKE_TENSORFLOW", `${folder}/elsewhere:2.20.0`);
    assert.match(
      await failure(search(fake)),
      /python3 has TensorFlow in .*elsewhere, without its C library/,
    );
    Deno.mkdirSync(`${folder}/site`);
    Deno.writeTextFileSync(`${folder}/site/libtensorflow_cc.so.2`, "");
    fake.set("FAKE_TENSORFLOW", `${folder}/site:1.15.5`);
    assert.match(
      await failure(search(fake)),
      /python3 has TensorFlow 1\.15\.5, too old or too new/,
    );
  }));

Deno.test("without python3 the error says so", () =>
  withFake(async (fake) => {
    Deno.env.set("PATH", `${fake.folder}/empty`);
    assert.match(
      await failure(search(fake)),
      /there is no python3 that may be run/,
    );
  }));

Deno.test("a folder here is no installed package, and its code stays off", async () => {
  const before = Deno.cwd();
  const folder = await Deno.makeTempDir();
  try {
    Deno.mkdirSync(`${folder}/lookalike`);
    Deno.writeTextFileSync(`${folder}/lookalike/__init__.py`, "");
    Deno.writeTextFileSync(`${folder}/importlib.py`, "raise SystemExit(3)");
    Deno.chdir(folder);
    assert.equal(await findPackage("lookalike", []), null);
    const pip = await findPackage("pip", ["gone", "pip"]);
    if (pip) assert.match(pip.version!, /^\d+\./);
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});
