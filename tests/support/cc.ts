/**
 * Libraries that tests compile.
 * @module
 */

/** Whether there is a C compiler; says so once where there is none. */
export const hasCompiler = await (async () => {
  try {
    const { success } = await new Deno.Command("cc", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.warn(
      "cc is not there: tests with stand-ins in C are SKIPPED (Debian: gcc)",
    );
    return false;
  }
})();

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
