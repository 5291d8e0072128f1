/** Libraries by FFI, and the C strings that they give. @module */

/** Deno's own words, in front of the loader's. */
const PREFIX = /^(Could not open library: )+/;

/** Opens the first that can be. @throws {Error} why each could not */
export function firstOf<const S extends Deno.ForeignLibraryInterface>(
  paths: readonly string[],
  symbols: S,
): Deno.DynamicLibrary<S> {
  const reasons: string[] = [];
  for (const path of paths) {
    try {
      return Deno.dlopen(path, symbols);
    } catch (error) {
      reasons.push((error as Error).message.replace(PREFIX, ""));
    }
  }
  throw new Error(reasons.join("; "));
}

/** The string at an address. */
export function textAt(pointer: Deno.PointerValue): string {
  return pointer ? new Deno.UnsafePointerView(pointer).getCString() : "";
}

/** The string in a buffer, up to its zero. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
