/** Where TensorFlow's library is taken from, with a python3 that is faked. */
import assert from "node:assert/strict";
import {
  findLibrary,
  LibraryError,
  type LibraryEvent,
} from "../../../engine/tensorflow/library/mod.ts";
import { wheelFor } from "../../../engine/tensorflow/library/wheels.ts";
import { type Fake, withFake } from "./fakes.ts";

const NAME = "libtensorflow_cc.so.2";

/** A search that sees the fake alone. */
function search({ folder, wheel }: Fake, events: LibraryEvent[] = []) {
  return findLibrary({
    ...{ roots: [`${folder}/project`], cache: `${folder}/cache`, wheel },
    onEvent: (event) => events.push(event),
  });
}

function put(folder: string, name = NAME): string {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/${name}`, "library");
  return `${folder}/${name}`;
}

async function failure(run: Promise<unknown>): Promise<string> {
  const error = await run.then(() => assert.fail("found one"), (e) => e);
  assert.ok(error instanceof LibraryError, String(error));
  return error.message;
}

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
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-check",
        `
        import { findLibrary } from ${
          JSON.stringify(
            import.meta.resolve("../../../engine/tensorflow/library/mod.ts"),
          )
        };
        await findLibrary(${
          JSON.stringify({
            ...{ roots: [], cache: `${fake.folder}/cache`, wheel: fake.wheel },
          })
        });`,
      ],
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

Deno.test("the wheel fits the machine", () => {
  const linux = (arch: string, gpu: boolean) =>
    wheelFor({ os: "linux", arch }, gpu)?.package;
  assert.equal(linux("x86_64", false), "tensorflow-cpu");
  assert.equal(linux("x86_64", true), "tensorflow");
  assert.equal(linux("aarch64", true), "tensorflow");
  assert.equal(wheelFor({ os: "darwin", arch: "aarch64" }, false), null);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
