/**
 * Memory of an NVIDIA device in use.
 * @module
 */

/** CU_MEMPOOL_ATTR_USED_MEM_HIGH. */
const USED_MEM_HIGH = 8;

/**
 * The most bytes that were in use at once in the first device's memory pool
 * (as `torch.cuda.max_memory_allocated`), or null where nothing comes from the
 * pool: TensorFlow takes memory there with
 * `TF_GPU_ALLOCATOR=cuda_malloc_async` alone.
 */
export function devicePeakBytes(): number | null {
  const cuda = Deno.dlopen("libcuda.so.1", {
    cuInit: { parameters: ["u32"], result: "i32" },
    cuDeviceGet: { parameters: ["buffer", "i32"], result: "i32" },
    cuDeviceGetDefaultMemPool: {
      parameters: ["buffer", "i32"],
      result: "i32",
    },
    cuMemPoolGetAttribute: {
      parameters: ["u64", "i32", "buffer"],
      result: "i32",
    },
  });
  const { symbols: f } = cuda;
  const device = new Int32Array(1);
  const pool = new BigUint64Array(1);
  const bytes = new BigUint64Array(1);
  const codes = [
    f.cuInit(0),
    f.cuDeviceGet(device, 0),
    f.cuDeviceGetDefaultMemPool(pool, device[0]!),
    f.cuMemPoolGetAttribute(pool[0]!, USED_MEM_HIGH, bytes),
  ];
  cuda.close();
  const failed = codes.find((code) => code !== 0);
  if (failed) throw new Error(`The CUDA driver failed with code ${failed}`);
  return Number(bytes[0]) || null;
}
