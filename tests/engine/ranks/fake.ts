/** NCCL and CUDA without devices: what they are asked for, in order. @module */
import type { CudaFunctions } from "../../../engine/ranks/cuda.ts";
import type { Libraries } from "../../../engine/ranks/mod.ts";
import type { NcclFunctions } from "../../../engine/ranks/nccl.ts";

/** Code of a call that is to fail, by its name. */
export type Failures = Record<string, number>;

const COMMUNICATOR = 0xc0n;
const STREAM = 0x57n;

/** Functions that write down their calls; a sum is `size` times the own. */
export function fakeLibraries(
  calls: string[],
  size: number,
  { busId = "0000:01:00.0", failures = {} as Failures } = {},
): Libraries {
  const note = (call: string, ...args: unknown[]) => {
    calls.push([call, ...args].join(" "));
    return failures[call] ?? 0;
  };
  const later = (call: string, ...args: unknown[]) =>
    Promise.resolve().then(() => note(call, ...args));
  const cuda = {
    cudaGetErrorString: (code: number) => text(`cuda words ${code}`),
    cudaGetDeviceCount: () => note("cudaGetDeviceCount"),
    cudaDeviceGetPCIBusId(name: Uint8Array, length: number, device: number) {
      new TextEncoder().encodeInto(`${busId}\0`, name);
      return note("cudaDeviceGetPCIBusId", length, device);
    },
    cudaStreamCreateWithFlags(made: BigUint64Array, flags: number) {
      made[0] = STREAM;
      return note("cudaStreamCreateWithFlags", flags);
    },
    cudaDeviceSynchronize: () => later("cudaDeviceSynchronize"),
    cudaStreamSynchronize: (s: bigint) => later("cudaStreamSynchronize", s),
    cudaStreamDestroy: (s: bigint) => note("cudaStreamDestroy", s),
  } as unknown as CudaFunctions;
  const nccl = {
    ncclGetVersion(version: Int32Array) {
      version[0] = 22809;
      return 0;
    },
    ncclGetErrorString: (code: number) => text(`nccl words ${code}`),
    ncclGetUniqueId(id: Uint8Array) {
      id.forEach((_, i) => id[i] = 255 - i);
      return note("ncclGetUniqueId", id.length);
    },
    ncclCommInitRank(
      made: BigUint64Array,
      count: number,
      id: Uint8Array,
      rank: number,
    ) {
      made[0] = COMMUNICATOR;
      return later("ncclCommInitRank", count, id.join(), rank);
    },
    ncclAllReduce(from: bigint, to: bigint, length: bigint, ...rest: number[]) {
      const view = numbersAt(to, Number(length));
      view.forEach((x, i) => view[i] = size * x);
      return later("ncclAllReduce", from === to, length, ...rest);
    },
    ncclCommGetAsyncError(communicator: bigint, state: Int32Array) {
      state[0] = failures.later ?? 0;
      return note("ncclCommGetAsyncError", communicator);
    },
    ncclCommDestroy: (c: bigint) => later("ncclCommDestroy", c),
  } as unknown as NcclFunctions;
  return { cuda, nccl };
}

/** float32 numbers at an address of this process. */
export function numbersAt(address: bigint, length: number): Float32Array {
  const pointer = Deno.UnsafePointer.create(address)!;
  return new Float32Array(
    Deno.UnsafePointerView.getArrayBuffer(pointer, 4 * length),
  );
}

const kept: Uint8Array[] = [];

function text(value: string): Deno.PointerValue {
  const bytes = new TextEncoder().encode(`${value}\0`);
  kept.push(bytes); // as long as its address is in use
  return Deno.UnsafePointer.of(bytes);
}
