/**
 * Python on this machine, asked without running anything of ours in it:
 * where a package lies, and pip.
 * @module
 */
const COMMAND = "python3";

/** How a run of python3 ended. */
export interface PythonResult {
  success: boolean;
  output: string;
  errors: string;
}

/** Whether the program may start python3 (never asks). */
function allowed(): boolean {
  const { state } = Deno.permissions.querySync({
    name: "run",
    command: COMMAND,
  });
  return state === "granted";
}

/** Runs python3; null where there is none or it may not be started. */
export async function python(
  args: string[],
  env: Record<string, string> = {},
): Promise<PythonResult | null> {
  if (!allowed()) return null;
  try {
    const command = new Deno.Command(COMMAND, { args, env, stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder();
    return {
      success,
      output: text.decode(stdout).trim(),
      errors: text.decode(stderr).trim(),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Folder of an installed Python package, which is not imported. */
export async function packageFolder(name: string): Promise<string | null> {
  const code = "import importlib.util as u; " +
    `s = u.find_spec(${JSON.stringify(name)}); ` +
    "print(list(s.submodule_search_locations or [''])[0] if s else '')";
  // -I: no user code from the working directory or the environment.
  const result = await python(["-I", "-c", code]);
  return result?.success && result.output ? result.output : null;
}
