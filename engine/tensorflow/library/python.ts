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

/** An installed Python package. */
export interface PythonPackage {
  folder: string;
  /** As its metadata says; null where there is none. */
  version: string | null;
}

/**
 * Prints folder and version of a package under any of the names that it is
 * distributed by. Nothing is imported but Python's own modules, and those not
 * from the working directory.
 */
const FIND = `
import sys
sys.path[:] = [p for p in sys.path if p]
import importlib.util, importlib.metadata
spec = importlib.util.find_spec(sys.argv[1])
folders = list(spec.submodule_search_locations or []) if spec else []
print(folders[0] if folders else "")
for name in sys.argv[2:]:
    try:
        print(importlib.metadata.version(name))
        break
    except importlib.metadata.PackageNotFoundError:
        pass
`;

/** An installed package, which is not imported; null where there is none. */
export async function findPackage(
  name: string,
  distributions: readonly string[],
): Promise<PythonPackage | null> {
  const result = await python(["-c", FIND, name, ...distributions]);
  const [folder, version] = result?.success ? result.output.split("\n") : [];
  return folder ? { folder, version: version ?? null } : null;
}
