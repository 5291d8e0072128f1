/**
 * What of CUDA this machine has: TensorFlow loads it where a driver is.
 * @module
 */
import { findPackage } from "./python.ts";
import { hasNvidiaDriver } from "./wheels.ts";

/** Where the parts lie; null where they were not found. */
export interface Cuda {
  /** Whether an NVIDIA driver is installed. */
  driver: boolean;
  /** Path by part, such as `cuDNN 9`. */
  parts: Record<string, string | null>;
}

/** Files by part; names of the wheels' folders in front. */
const PARTS: Record<string, readonly string[]> = {
  "CUDA 12": ["cuda_runtime/lib/libcudart.so.12", "libcudart.so.12"],
  "cuBLAS 12": ["cublas/lib/libcublas.so.12", "libcublas.so.12"],
  "cuDNN 9": ["cudnn/lib/libcudnn.so.9", "libcudnn.so.9"],
  "NCCL 2": ["nccl/lib/libnccl.so.2", "libnccl.so.2"],
  // XLA compiles with it.
  "ptxas": ["cuda_nvcc/bin/ptxas", "ptxas"],
};

const FOLDERS = [
  "/usr/local/cuda/lib64",
  "/usr/local/cuda/bin",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
];

/**
 * Looks where the loader would, and in Python's wheels.
 * @param library TensorFlow's: wheels may lie beside it
 */
export async function findCuda(
  library: string,
  driver = hasNvidiaDriver(),
): Promise<Cuda> {
  const beside = library.replace(/\/[^/]+\/[^/]+$/, "/nvidia");
  const wheels = await findPackage("nvidia", []);
  const listed = ["LD_LIBRARY_PATH", "PATH"]
    .flatMap((name) => Deno.env.get(name)?.split(":") ?? []);
  const folders = [beside, wheels?.folder, ...listed, ...FOLDERS]
    .filter((folder) => folder !== undefined && folder !== "");
  const parts = Object.entries(PARTS).map(([name, files]) => {
    const paths = folders.flatMap((folder) =>
      files.map((file) => `${folder}/${file}`)
    );
    return [name, paths.find(exists) ?? null] as const;
  });
  return { driver, parts: Object.fromEntries(parts) };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
