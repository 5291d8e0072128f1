/**
 * Where TensorFlow's C library comes from.
 * @module
 */

/** A library that was found. */
export interface Library {
  /** File to open. */
  path: string;
  /** Which of the places it came from. */
  source: "environment" | "addon" | "python" | "cache";
}

/** What happens on the way to the library. */
export type LibraryEvent =
  | { type: "found"; library: Library }
  | { type: "waiting"; reason: string }
  | { type: "download"; bytes: number; total: number }
  | { type: "unpack"; bytes: number; total: number };

const FILES = ["libtensorflow_cc.so.2", "libtensorflow.so.2"];

/** Finds the library, or fetches it. */
export function findLibrary(
  options: { library?: string; onEvent?: (event: LibraryEvent) => void },
): Promise<Library> {
  const given = options.library ?? Deno.env.get("TENSORFLOW_LIB");
  if (!given) throw new Error("Cannot find TensorFlow: set TENSORFLOW_LIB");
  for (const file of FILES) {
    try {
      Deno.statSync(`${given}/${file}`);
      return Promise.resolve({
        path: `${given}/${file}`,
        source: "environment",
      });
    } catch { /* the next name */ }
  }
  throw new Error(`Cannot find ${FILES.join(" or ")} in ${given}`);
}
