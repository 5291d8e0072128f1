/** Where TensorFlow's library is taken from, with a python3 that is faked. */
import assert from "node:assert/strict";
import { findLibrary } from "../../../engine/tensorflow/library/mod.ts";
import { wheelFor } from "../../../engine/tensorflow/library/wheels.ts";
import { failure, search, withFake } from "./fakes.ts";

const NAME = "libtensorflow_cc.so.2";

function put(folder: string, name = NAME): string {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/${name}`, "library");
  return `${folder}/${name}`;
}

Deno.test("places are searched in their order", () =>
  withFake(async (fake) => {
    const { folder } = fake;
    const inCache = put(`${folder}/cache/tensorflow/1.0-cpu/tensorflow`);
    assert.deepEqual(await search(fake), { path: inCache, source: "cache" });

    const inPython = put(`${folder}/site/tensorflow`);
    fake.set("FAKE_TENSORFLOW", `${folder}/site/tensorflow:2.17.1`);
    assert.deepEqual(await search(fake), { path: inPython, source: "python" });

    const addon = "project/node_modules/@tensorflow/tfjs-node/deps/lib";
    const inAddon = put(`${folder}/${addon}`, "libtensorflow.so.2");
    assert.deepEqual(await search(fake), { path: inAddon, source: "addon" });

    const named = put(`${folder}/named`);
    Deno.env.set("TENSORFLOW_LIB", `${folder}/named`);
    const environment = { path: named, source: "environment" };
    assert.deepEqual(await search(fake), environment);

    const option = put(`${folder}/option`);
    const library = await findLibrary({ library: option });
    assert.deepEqual(library, { path: option, source: "option" });
    assert.equal(fake.downloads(), 0);
  }));

Deno.test("a TensorFlow of Python that is too old is passed over", () =>
  withFake(async (fake) => {
    const { folder } = fake;
    put(`${folder}/site/tensorflow`);
    fake.set("FAKE_TENSORFLOW", `${folder}/site/tensorflow:2.9.1`);
    assert.equal((await search(fake)).source, "cache");
    fake.set("FAKE_TENSORFLOW", `${folder}/site/tensorflow:3.0.0`);
    assert.equal((await search(fake)).source, "cache");
    fake.set("FAKE_TENSORFLOW", `${folder}/site/tensorflow:2.15.0`);
    assert.equal((await search(fake)).source, "python");
  }));

Deno.test("a named place without the library is an error", () =>
  withFake(async (fake) => {
    Deno.env.set("TENSORFLOW_LIB", `${fake.folder}/nowhere`);
    const message = await failure(search(fake));
    assert.match(message, /TENSORFLOW_LIB is .*nowhere, which neither is nor/);
    assert.equal(fake.downloads(), 0);
  }));

Deno.test("where all fails, one error says what was tried and what to do", () =>
  withFake(async (fake) => {
    fake.set("FAKE_PIP", "failing");
    const message = await failure(search(fake));
    for (
      const part of [
        "TENSORFLOW_LIB is not set",
        "no tfjs-node addon has its library",
        "python3 has no TensorFlow",
        "pip said: ERROR: No route to host",
        "1. set TENSORFLOW_LIB",
        "2. install TensorFlow for the python3 on PATH",
        "3. let python3 with pip reach its package index",
      ]
    ) assert.ok(message.includes(part), `${part}\nin ${message}`);
  }));

Deno.test("a machine without a wheel gets the same error", () =>
  withFake(async (fake) => {
    const message = await failure(
      findLibrary({ roots: [], cache: `${fake.folder}/cache`, wheel: null }),
    );
    assert.match(message, /no wheel is known for .*1\. set TENSORFLOW_LIB/s);
  }));

Deno.test("the wheel fits the machine", () => {
  const linux = (arch: string, gpu: boolean) =>
    wheelFor({ os: "linux", arch }, gpu)?.package;
  assert.equal(linux("x86_64", false), "tensorflow-cpu");
  assert.equal(linux("x86_64", true), "tensorflow");
  assert.equal(linux("aarch64", true), "tensorflow");
  assert.equal(wheelFor({ os: "darwin", arch: "aarch64" }, false), null);
});
