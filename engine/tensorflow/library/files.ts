/** TensorFlow's C library in folders. @module */

/** Names of the library, best first: in wheels, in C API archives, on macOS. */
export const LIBRARY_NAMES = [
  "libtensorflow_cc.so.2",
  "libtensorflow.so.2",
  "libtensorflow_cc.2.dylib",
  "libtensorflow.2.dylib",
];

/** Folders of the library inside what a user may name. */
const INSIDE = ["", "/lib", "/tensorflow"];

/** The library in a folder, or at a path that is the library itself. */
export function libraryAt(path: string): string | null {
  if (isFile(path)) return path;
  for (const inside of INSIDE) {
    for (const name of LIBRARY_NAMES) {
      const file = `${path}${inside}/${name}`;
      if (isFile(file)) return file;
    }
  }
  return null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // not there, not allowed, or below a file
  }
}
