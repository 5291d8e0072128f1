/** TensorFlow libraries that other packages brought. @module */
import { libraryAt } from "./files.ts";
import { findPackage } from "./python.ts";
import type { Library } from "./types.ts";

/** Oldest TensorFlow that is taken from Python, within version 2. */
const OLDEST_MINOR = 15;

/** Names that TensorFlow for Python is distributed by. */
const DISTRIBUTIONS = [
  "tensorflow",
  "tensorflow-cpu",
  "tensorflow-gpu",
  "tensorflow-intel",
  "tensorflow-macos",
  "intel-tensorflow",
  "tf-nightly",
];

/**
 * The library of an installed tfjs-node addon, or null.
 * @param roots folders that may hold node_modules.
 * @param tried hears why there is none.
 */
export function addonLibrary(
  roots: readonly string[],
  tried: string[],
): Library | null {
  for (const root of roots) {
    for (const name of ["tfjs-node-gpu", "tfjs-node"]) {
      const folder = `${root}/node_modules/@tensorflow/${name}/deps/lib`;
      const path = libraryAt(folder);
      if (path) return { path, source: "addon" };
    }
  }
  tried.push("no tfjs-node addon has its library in node_modules");
  return null;
}

/** The library of TensorFlow for the python3 on PATH, or null. */
export async function pythonLibrary(tried: string[]): Promise<Library | null> {
  const found = await findPackage("tensorflow", DISTRIBUTIONS);
  if (!found) {
    tried.push("python3 has no TensorFlow, or may not be started");
    return null;
  }
  const { folder, version } = found;
  const path = libraryAt(folder);
  if (path && fits(version)) return { path, source: "python" };
  tried.push(
    path
      ? `python3 has TensorFlow ${version}, too old or too new to be used ` +
        `(2.${OLDEST_MINOR} or newer, below 3)`
      : `python3 has TensorFlow in ${folder}, without its C library`,
  );
  return null;
}

/** Unknown versions are tried: opening the library says what it lacks. */
function fits(version: string | null): boolean {
  if (version === null) return true;
  const [major, minor] = version.split(".").map(Number);
  return major === 2 && minor! >= OLDEST_MINOR;
}
