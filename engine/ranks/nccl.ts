/**
 * NVIDIA's NCCL by FFI: sums that go from device to device.
 *
 * Source: nccl.h of NCCL 2, whose numbers of types and operations are stable.
 * @module
 */
import { firstOf, textAt } from "./dlopen.ts";

/** ncclUniqueId, a struct of 128 bytes that travels by value. */
const UNIQUE_ID = { struct: Array(16).fill("u64") as "u64"[] } as const;

/** Bytes of ncclUniqueId (NCCL_UNIQUE_ID_BYTES). */
export const ID_BYTES = 128;

const FLOAT32 = 7;
const SUM = 0;

/** Its functions, for Deno.dlopen. */
export const NCCL = {
  ncclGetVersion: { parameters: ["buffer"], result: "i32" },
  ncclGetErrorString: { parameters: ["i32"], result: "pointer" },
  ncclGetUniqueId: { parameters: ["buffer"], result: "i32" },
  // In threads of their own: they wait for other processes.
  ncclCommInitRank: {
    parameters: ["buffer", "i32", UNIQUE_ID, "i32"],
    result: "i32",
    nonblocking: true,
  },
  ncclAllReduce: {
    parameters: ["u64", "u64", "usize", "i32", "i32", "u64", "u64"],
    result: "i32",
    nonblocking: true,
  },
  ncclCommGetAsyncError: { parameters: ["u64", "buffer"], result: "i32" },
  ncclCommDestroy: { parameters: ["u64"], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** The library's functions. */
export type NcclFunctions = Deno.DynamicLibrary<typeof NCCL>["symbols"];

/** Processes that NCCL has joined. */
export interface Communicator {
  /** Queues a sum of float32 numbers in place, on a stream. */
  allReduce(address: bigint, length: number, stream: bigint): Promise<void>;
  /** Throws what went wrong on the device or with the others since. */
  check(): void;
  /** The last call. */
  close(): Promise<void>;
}

/** Opens the library. @throws {Error} what was tried */
export function openNccl(paths: readonly string[]): NcclFunctions {
  return firstOf(paths, NCCL).symbols;
}

/** Its version, such as `2.28.9`. */
export function ncclVersion(f: NcclFunctions): string {
  const version = new Int32Array(1);
  check(f, "ncclGetVersion", f.ncclGetVersion(version));
  const code = version[0]!; // NCCL_VERSION_CODE; 2.9 changed its digits
  const [major, rest] = code < 10_000
    ? [Math.floor(code / 1000), code % 1000]
    : [Math.floor(code / 10_000), code % 10_000];
  return `${major}.${Math.floor(rest / 100)}.${rest % 100}`;
}

/** A name for a group of processes, which one of them makes. */
export function uniqueId(f: NcclFunctions): Uint8Array<ArrayBuffer> {
  const id = new Uint8Array(ID_BYTES);
  check(f, "ncclGetUniqueId", f.ncclGetUniqueId(id));
  return id;
}

/** Joins the group of this name; returns once all its processes have. */
export async function joinGroup(
  f: NcclFunctions,
  id: Uint8Array<ArrayBuffer>,
  { rank, size }: { rank: number; size: number },
): Promise<Communicator> {
  const made = new BigUint64Array(1);
  const joined = await f.ncclCommInitRank(made, size, id, rank);
  check(f, "ncclCommInitRank", joined);
  const communicator = made[0]!;
  const state = new Int32Array(1);
  return {
    async allReduce(address, length, stream) {
      const code = await f.ncclAllReduce(
        address,
        address,
        BigInt(length),
        FLOAT32,
        SUM,
        communicator,
        stream,
      );
      check(f, "ncclAllReduce", code);
    },
    check() {
      const code = f.ncclCommGetAsyncError(communicator, state);
      check(f, "ncclCommGetAsyncError", code);
      check(f, "ncclAllReduce", state[0]!);
    },
    close: async () =>
      check(f, "ncclCommDestroy", await f.ncclCommDestroy(communicator)),
  };
}

function check(f: NcclFunctions, call: string, code: number): void {
  if (code === 0) return;
  const text = textAt(f.ncclGetErrorString(code));
  throw new Error(
    `NCCL's ${call} failed: ${text} (${code}). NCCL_DEBUG=WARN lets NCCL say ` +
      "more; NCCL_LIB=off sums by MPI instead",
  );
}
