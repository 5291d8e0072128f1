/**
 * Programs that tests can do without.
 * @module
 */

/** Whether a program is there; says once what is skipped where it is not. */
export async function hasProgram(
  name: string,
  skipped: string,
): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(name, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.warn(`${name} is not there: ${skipped}`);
    return false;
  }
}
