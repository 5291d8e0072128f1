/**
 * Memory of an NVIDIA device in use.
 * @module
 */

/** CU_MEMPOOL_ATTR_USED_MEM_HIGH. */
const USED_MEM_HIGH = 8;

/**
 * Counts the most bytes in use at once in the first device's memory pool, as
 * `torch.cuda.max_memory_allocated`. TensorFlow takes memory there with
 * `TF_GPU_ALLOCATOR=cuda_malloc_async` alone; 0 otherwise.
 */
export class DevicePeak {
  readonly #cuda = Deno.dlopen("libcuda.so.1", {
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
    cuMemPoolSetAttribute: {
      parameters: ["u64", "i32", "buffer"],
      result: "i32",
    },
  });
  readonly #pool = new BigUint64Array(1);

  constructor() {
    const { symbols: f } = this.#cuda;
    const device = new Int32Array(1);
    check(f.cuInit(0));
    check(f.cuDeviceGet(device, 0));
    check(f.cuDeviceGetDefaultMemPool(this.#pool, device[0]!));
  }

  /** Counts from what is in use now. */
  reset(): void {
    const { cuMemPoolSetAttribute } = this.#cuda.symbols;
    const zero = new BigUint64Array(1);
    check(cuMemPoolSetAttribute(this.#pool[0]!, USED_MEM_HIGH, zero));
  }

  /** Bytes. */
  read(): number {
    const { cuMemPoolGetAttribute } = this.#cuda.symbols;
    const bytes = new BigUint64Array(1);
    check(cuMemPoolGetAttribute(this.#pool[0]!, USED_MEM_HIGH, bytes));
    return Number(bytes[0]);
  }
}

function check(code: number): void {
  if (code !== 0) throw new Error(`The CUDA driver failed with code ${code}`);
}
