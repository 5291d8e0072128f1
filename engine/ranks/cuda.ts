/**
 * What of CUDA's runtime a sum on a device needs, by FFI.
 *
 * The runtime works in the driver's primary context, which is TensorFlow's
 * too, and every thread begins with device 0: the process's own, as
 * `pickDevice` hides the others.
 *
 * Source: cuda_runtime_api.h of CUDA 12 and 13, equal in what is used here.
 * @module
 */
import { cString, firstOf, textAt } from "./dlopen.ts";

/** Its functions, for Deno.dlopen. */
export const CUDA = {
  cudaGetErrorString: { parameters: ["i32"], result: "pointer" },
  cudaGetDeviceCount: { parameters: ["buffer"], result: "i32" },
  cudaDeviceGetPCIBusId: {
    parameters: ["buffer", "i32", "i32"],
    result: "i32",
  },
  // In threads of their own: they wait for the device.
  cudaDeviceSynchronize: { parameters: [], result: "i32", nonblocking: true },
  cudaStreamCreateWithFlags: { parameters: ["buffer", "u32"], result: "i32" },
  cudaStreamSynchronize: {
    parameters: ["u64"],
    result: "i32",
    nonblocking: true,
  },
  cudaStreamDestroy: { parameters: ["u64"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The runtime's functions. */
export type CudaFunctions = Deno.DynamicLibrary<typeof CUDA>["symbols"];

/** The device of this process. */
export interface CudaDevice {
  /** Its place on the machine's bus, such as `0000:1b:00.0`. */
  busId: string;
  /** A queue of its own (cudaStream_t). */
  stream: bigint;
  /** Returns once all that was queued on the device is done. */
  finish(): Promise<void>;
  /** The same for the own queue alone. */
  finishStream(): Promise<void>;
  /** Frees the queue. */
  close(): void;
}

/** Not implicitly in step with the default stream. */
const NON_BLOCKING = 1;

/** Opens the runtime. @throws {Error} what was tried */
export function openCuda(paths: readonly string[]): CudaFunctions {
  return firstOf(paths, CUDA).symbols;
}

/** The device that calls go to. @throws {Error} in CUDA's words */
export function cudaDevice(f: CudaFunctions): CudaDevice {
  const check = (call: string, code: number) => {
    if (code === 0) return;
    const text = textAt(f.cudaGetErrorString(code));
    throw new Error(`CUDA's ${call} failed: ${text} (${code})`);
  };
  const count = new Int32Array(1);
  check("cudaGetDeviceCount", f.cudaGetDeviceCount(count));
  const name = new Uint8Array(64);
  const code = f.cudaDeviceGetPCIBusId(name, name.length, 0);
  check("cudaDeviceGetPCIBusId", code);
  const made = new BigUint64Array(1);
  check(
    "cudaStreamCreateWithFlags",
    f.cudaStreamCreateWithFlags(made, NON_BLOCKING),
  );
  const stream = made[0]!;
  return {
    busId: cString(name),
    stream,
    finish: async () =>
      check("cudaDeviceSynchronize", await f.cudaDeviceSynchronize()),
    finishStream: async () =>
      check("cudaStreamSynchronize", await f.cudaStreamSynchronize(stream)),
    close: () => check("cudaStreamDestroy", f.cudaStreamDestroy(stream)),
  };
}
