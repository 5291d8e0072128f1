/**
 * Open MPI's library by FFI.
 *
 * Its plugins look for libmpi's symbols in the global scope, where Deno's own
 * `dlopen` does not put them: libc's does so first. Handles such as
 * MPI_COMM_WORLD are addresses of variables, which is Open MPI's ABI alone.
 * @module
 */
import { RanksError } from "./ranks.ts";

const SYMBOLS = {
  MPI_Init_thread: {
    parameters: ["pointer", "pointer", "i32", "buffer"],
    result: "i32",
  },
  MPI_Comm_rank: { parameters: ["pointer", "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: ["pointer", "buffer"], result: "i32" },
  // In threads of their own: they wait for other processes.
  MPI_Allreduce: {
    parameters: ["pointer", "buffer", "i32", "pointer", "pointer", "pointer"],
    result: "i32",
    nonblocking: true,
  },
  MPI_Bcast: {
    parameters: ["buffer", "i32", "pointer", "i32", "pointer"],
    result: "i32",
    nonblocking: true,
  },
  MPI_Barrier: { parameters: ["pointer"], result: "i32", nonblocking: true },
  MPI_Finalize: { parameters: [], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** Open MPI's functions and the handles that they take. */
export interface OpenMpi {
  /** Where the library was found. */
  path: string;
  /** Functions by name. */
  f: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** MPI_COMM_WORLD. */
  world: Deno.PointerObject;
  /** MPI_FLOAT. */
  float: Deno.PointerObject;
  /** MPI_SUM. */
  sum: Deno.PointerObject;
}

/** Names that the loader is asked for, the likeliest first. */
export function candidates(
  env: (name: string) => string | undefined,
): string[] {
  const given = env("MPI_LIB");
  if (given) return [given];
  const prefix = env("OPAL_PREFIX");
  const name = "libmpi.so.40";
  return [
    ...prefix ? [`${prefix}/lib/${name}`, `${prefix}/lib64/${name}`] : [],
    name,
    `/usr/lib64/openmpi/lib/${name}`,
    `/usr/local/lib/${name}`,
    `/opt/openmpi/lib/${name}`,
    "libmpi.so",
  ];
}

const RTLD_NOW = 2;
const RTLD_GLOBAL = 0x100;

/** Opens the library. @throws {RanksError} what was tried */
export function openLibrary(
  env: (name: string) => string | undefined,
): OpenMpi {
  const libc = Deno.dlopen("libc.so.6", {
    dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
    dlsym: { parameters: ["pointer", "buffer"], result: "pointer" },
  });
  const { dlopen, dlsym } = libc.symbols;
  const names = candidates(env);
  for (const path of names) {
    const handle = dlopen(cString(path), RTLD_NOW | RTLD_GLOBAL);
    if (handle === null) continue;
    const address = (symbol: string) => dlsym(handle, cString(symbol));
    const world = address("ompi_mpi_comm_world");
    const float = address("ompi_mpi_float");
    const sum = address("ompi_mpi_op_sum");
    if (!world || !float || !sum) throw new RanksError(foreign(path));
    const { symbols } = Deno.dlopen(path, SYMBOLS);
    return { path, f: symbols, world, float, sum };
  }
  throw new RanksError(
    "This process was started as one of several by MPI, but Open MPI's " +
      `library is not there (tried ${names.join(", ")}). Install it ` +
      "(Debian: libopenmpi3), load its module, or let MPI_LIB name the file",
  );
}

function foreign(path: string): string {
  return `${path} is no Open MPI, whose ABI this program speaks. Let MPI_LIB ` +
    "name Open MPI's libmpi.so.40, and start with its mpirun";
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
