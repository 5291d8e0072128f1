/**
 * Libraries that tests compile.
 * @module
 */
import { hasProgram } from "./program.ts";

/** Whether there is a C compiler; says so once where there is none. */
export const hasCompiler = await hasProgram(
  "cc",
  "tests with stand-ins in C are SKIPPED (Debian: gcc)",
);

/** Compiles a shared library. @throws {Error} what the compiler says */
export async function compileLibrary(
  source: string,
  library: string,
): Promise<void> {
  const { success, stderr } = await new Deno.Command("cc", {
    args: ["-shared", "-fPIC", "-O1", "-o", library, source],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
