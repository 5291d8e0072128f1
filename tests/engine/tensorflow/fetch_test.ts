/** The cache of the library: filled whole, checked, once. @module */
import assert from "node:assert/strict";
import type { LibraryEvent } from "../../../engine/tensorflow/library/mod.ts";
import { failure, type Fake, search, withFake } from "./fakes.ts";

const MODULE = import.meta.resolve(
  "../../../engine/tensorflow/library/mod.ts",
);

/** Files below the cache, without the lock. */
function cached({ folder }: Fake): string[] {
  const found: string[] = [];
  function look(path: string): void {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) look(`${path}/${name}`);
      else if (!name.endsWith(".lock")) found.push(`${path}/${name}`);
    }
  }
  look(`${folder}/cache`);
  return found.map((path) => path.slice(`${folder}/cache/`.length)).sort();
}

const WHOLE = [
  "tensorflow/1.0-cpu/tensorflow/libtensorflow_cc.so.2",
  "tensorflow/1.0-cpu/tensorflow/libtensorflow_framework.so.2",
];

Deno.test("the wheel is fetched, unpacked byte by byte, and deleted", () =>
  withFake(async (fake) => {
    const events: LibraryEvent[] = [];
    const { path, source } = await search(fake, events);
    assert.equal(source, "cache");
    assert.deepEqual(await Deno.readFile(path), fake.library);
    assert.deepEqual(cached(fake), WHOLE);

    const { bytes } = fake.wheel;
    const total = fake.library.length + 999;
    const download = { type: "download", bytes, total: bytes } as const;
    assert.deepEqual(events.filter((e) => e.type === "download").at(-1), {
      ...download,
    });
    const unpack = events.filter((e) => e.type === "unpack");
    assert.deepEqual(unpack.at(-1), { type: "unpack", bytes: total, total });
    assert.ok(unpack.length > 1, "progress while it unpacks");
    assert.equal(events.at(-1)!.type, "found");

    await search(fake);
    assert.equal(fake.downloads(), 1);
  }));

Deno.test("a wheel with another sha256 is refused and not kept", () =>
  withFake(async (fake) => {
    fake.set("FAKE_PIP", "cut");
    const message = await failure(search(fake));
    assert.match(message, /the wheel of tiny 1\.0 has the sha256 [0-9a-f]{64}/);
    assert.ok(message.includes(`expected ${fake.wheel.sha256}`));
    assert.deepEqual(cached(fake), []);
    fake.set("FAKE_PIP", "good");
    assert.equal((await search(fake)).source, "cache");
  }));

Deno.test("of two that need it at once, one downloads and one waits", () =>
  withFake(async (fake) => {
    fake.set("FAKE_PIP", "slow");
    const events: LibraryEvent[][] = [[], []];
    const found = await Promise.all(events.map((heard) => search(fake, heard)));
    assert.deepEqual(found[0], found[1]);
    assert.equal(fake.downloads(), 1);
    const waited = events.map((e) => e.filter((x) => x.type === "waiting"));
    assert.equal(waited.flat().length, 1);
    assert.deepEqual(cached(fake), WHOLE);
  }));

Deno.test("an interrupted download leaves nothing that is taken later", () =>
  withFake(async (fake) => {
    fake.set("FAKE_PIP", "stuck");
    const { folder, wheel } = fake;
    const options = { roots: [], cache: `${folder}/cache`, wheel };
    const code = `
      import { findLibrary } from ${JSON.stringify(MODULE)};
      await findLibrary(${JSON.stringify(options)});`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", code],
    }).spawn();
    while (!exists(`${fake.folder}/started`)) {
      await new Promise((done) => setTimeout(done, 50));
    }
    child.kill("SIGKILL");
    await child.status;
    assert.deepEqual(cached(fake), ["tensorflow/1.0-cpu.partial/tiny.whl"]);

    fake.set("FAKE_PIP", "good");
    const { path } = await search(fake);
    assert.deepEqual(await Deno.readFile(path), fake.library);
    assert.deepEqual(cached(fake), WHOLE);
  }));

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("a wheel without the library is refused", () =>
  withFake(async (fake) => {
    fake.wheel.members = ["tensorflow/gone.so"];
    const message = await failure(search(fake));
    assert.match(message, /the wheel holds no tensorflow\/gone\.so/);
    assert.deepEqual(cached(fake), []);
  }));

Deno.test("pip is asked for one wheel, for any local Python", () =>
  withFake(async (fake) => {
    await search(fake);
    const call = await Deno.readTextFile(`${fake.folder}/log`);
    for (
      const part of [
        "-m pip download tiny==1.0 --no-deps --only-binary=:all:",
        "--python-version 3.11 --platform manylinux_2_27_x86_64",
        "--no-input",
      ]
    ) assert.ok(call.includes(part), `${part}\nin ${call}`);
  }));

Deno.test("a cache that cannot be written is an error with the ways out", () =>
  withFake(async (fake) => {
    await Deno.writeTextFile(`${fake.folder}/cache`, "a file, not a folder");
    const message = await failure(search(fake));
    assert.match(message, /cache\/tensorflow\/1\.0-cpu could not be filled: /);
    assert.match(message, /1\. set TENSORFLOW_LIB/);
  }));
