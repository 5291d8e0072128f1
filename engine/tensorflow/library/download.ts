/**
 * A wheel by pip: its mirrors, proxies and certificates are the user's own.
 * @module
 */
import { createHash } from "node:crypto";
import { LibraryError } from "./error.ts";
import { python } from "./python.ts";
import type { Listener } from "./types.ts";
import type { Wheel } from "./wheels.ts";

/** Lines of pip's complaint that are shown. */
const SHOWN = 3;
const POLL_MS = 500;

/**
 * Downloads a wheel into a folder and checks its sha256.
 * @returns the file.
 * @throws {LibraryError} where pip is missing, fails, or brings other bytes.
 */
export async function downloadWheel(
  wheel: Wheel,
  folder: string,
  listener: Listener,
): Promise<string> {
  const temporary = `${folder}/pip`;
  await Deno.mkdir(temporary, { recursive: true });
  const watch = watchSize(folder, wheel.bytes, listener);
  // pip writes below TMPDIR while it downloads: that is what grows.
  const result = await python(pipArguments(wheel, folder), {
    TMPDIR: temporary,
  }).finally(watch.stop);
  if (!result) throw new LibraryError("there is no python3 that may be run");
  if (!result.success) {
    const lines = (result.errors || result.output).split("\n").slice(-SHOWN);
    throw new LibraryError(`pip said: ${lines.join(" | ")}`);
  }
  const file = wheelIn(folder);
  if (!file) throw new LibraryError("pip left no wheel behind");
  const found = await sha256(file);
  if (found !== wheel.sha256) {
    throw new LibraryError(
      `the wheel of ${wheel.package} ${wheel.version} has the sha256 ` +
        `${found}, expected ${wheel.sha256}: it is damaged or not the one ` +
        "that was published",
    );
  }
  return file;
}

function pipArguments(wheel: Wheel, folder: string): string[] {
  return [
    ...["-m", "pip", "download", `${wheel.package}==${wheel.version}`],
    ...["--no-deps", "--only-binary=:all:", "--dest", folder],
    // A fixed Python: any local one can then fetch it.
    ...["--python-version", wheel.python, "--platform", wheel.platform],
    ...["--no-cache-dir", "--no-input", "--disable-pip-version-check"],
    ...["--quiet", "--progress-bar", "off"],
  ];
}

function wheelIn(folder: string): string | null {
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(".whl")) return `${folder}/${name}`;
  }
  return null;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
  }
}

/** Tells how much lies in a folder, again and again. */
function watchSize(folder: string, total: number, listener: Listener) {
  let last = -1;
  function look(): void {
    const bytes = Math.min(sizeOf(folder), total);
    if (bytes !== last) listener({ type: "download", bytes, total });
    last = bytes;
  }
  const timer = setInterval(look, POLL_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
    },
  };
}

function sizeOf(folder: string): number {
  let bytes = 0;
  try {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = `${folder}/${name}`;
      bytes += isDirectory ? sizeOf(path) : Deno.statSync(path).size;
    }
  } catch { /* pip moved it between two looks */ }
  return bytes;
}
