/**
 * A python3 that plays pip and TensorFlow's home, and a wheel of a few bytes.
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { strToU8, zipSync } from "fflate";
import {
  findLibrary,
  LibraryError,
  type LibraryEvent,
} from "../../../engine/tensorflow/library/mod.ts";
import type { Wheel } from "../../../engine/tensorflow/library/wheels.ts";

/** What the fake python3 does; `log` lists its calls to pip. */
export interface Fake {
  folder: string;
  wheel: Wheel;
  /** Bytes of the library inside the wheel. */
  library: Uint8Array;
  /** Calls of `pip download` so far. */
  downloads(): number;
  /** Sets one of the script's variables. */
  set(name: "FAKE_PIP" | "FAKE_TENSORFLOW", value: string): void;
}

const MEMBERS = [
  "tensorflow/libtensorflow_cc.so.2",
  "tensorflow/libtensorflow_framework.so.2",
];

/** FAKE_PIP: good, failing, cut, stuck; FAKE_TENSORFLOW: folder:version. */
const SCRIPT = `#!/bin/sh
if [ "$1" = "-c" ]; then
  echo "\${FAKE_TENSORFLOW%%:*}"
  echo "\${FAKE_TENSORFLOW#*:}"
  exit 0
fi
here=$(dirname "$0")
echo "$@" >> "$here/log"
while [ "$1" != "--dest" ]; do shift; done
case "$FAKE_PIP" in
  failing)
    echo "Collecting tiny"
    echo "ERROR: No route to host" >&2
    exit 1 ;;
  cut) head -c 5000 "$here/tiny.whl" > "$2/tiny.whl" ;;
  stuck)
    head -c 5000 "$here/tiny.whl" > "$2/tiny.whl"
    touch "$here/started"
    exec sleep 5 ;;
  slow) sleep 1; cp "$here/tiny.whl" "$2/" ;;
  *) cp "$here/tiny.whl" "$2/" ;;
esac
`;

/** Runs a test with the fake python3 first on PATH, in a folder of its own. */
export async function withFake(body: (fake: Fake) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const names = ["PATH", "FAKE_PIP", "FAKE_TENSORFLOW", "TENSORFLOW_LIB"];
  const before = names.map((name) => Deno.env.get(name));
  try {
    const fake = await makeFake(folder);
    Deno.env.set("PATH", `${folder}:${Deno.env.get("PATH")}`);
    for (const name of names.slice(1)) Deno.env.delete(name);
    await body(fake);
  } finally {
    names.forEach((name, i) => {
      const value = before[i];
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    });
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeFake(folder: string): Promise<Fake> {
  // Neither all equal nor beyond packing, and more than one chunk of reading.
  const library = Uint8Array.from({ length: 700_001 }, (_, i) => i * i >> 7);
  const bytes = zipSync({
    "tensorflow/__init__.py": strToU8("raise SystemExit"),
    [MEMBERS[0]!]: library,
    [MEMBERS[1]!]: [library.slice(0, 999), { level: 0 }],
    "tiny.dist-info/RECORD": strToU8("x"),
  });
  await Deno.writeFile(`${folder}/tiny.whl`, bytes);
  await Deno.writeTextFile(`${folder}/python3`, SCRIPT, { mode: 0o755 });
  return {
    ...{ folder, library },
    wheel: {
      ...{ package: "tiny", version: "1.0", folder: "1.0-cpu" },
      ...{ platform: "manylinux_2_27_x86_64", python: "3.11" },
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.length,
      members: MEMBERS,
    },
    downloads: () => lines(`${folder}/log`),
    set: (name, value) => Deno.env.set(name, value),
  };
}

function lines(path: string): number {
  try {
    return Deno.readTextFileSync(path).trim().split("\n").length;
  } catch {
    return 0;
  }
}

/** A search that sees the fake alone. */
export function search({ folder, wheel }: Fake, events: LibraryEvent[] = []) {
  return findLibrary({
    ...{ roots: [`${folder}/project`], cache: `${folder}/cache`, wheel },
    onEvent: (event) => events.push(event),
  });
}

/** The message of a search that must fail. */
export async function failure(run: Promise<unknown>): Promise<string> {
  const error = await run.then(() => assert.fail("found one"), (e) => e);
  assert.ok(error instanceof LibraryError, String(error));
  return error.message;
}
