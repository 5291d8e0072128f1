/**
 * How this launch sums: by NCCL where every process has a GPU of its own, else
 * by MPI. All processes come to the same answer.
 * @module
 */
import { createHash } from "node:crypto";
import {
  type CudaDevice,
  cudaDevice,
  type CudaFunctions,
  openCuda,
} from "./cuda.ts";
import { ncclReducer, type TensorMemory } from "./direct.ts";
import {
  ID_BYTES,
  joinGroup,
  type NcclFunctions,
  ncclVersion,
  openNccl,
  uniqueId,
} from "./nccl.ts";
import type { Ranks } from "./ranks.ts";
import { hostReducer, type Reducer } from "./reducer.ts";

/** NVIDIA's libraries, opened. */
export interface Libraries {
  /** The runtime. */
  cuda: CudaFunctions;
  /** Sums between devices. */
  nccl: NcclFunctions;
}

/** A way to sum. */
export interface Choice {
  /** Sums that way. */
  reducer: Reducer;
  /** Why it is not NCCL; null where it is. */
  why: string | null;
}

/** What of the ranks the choice needs. */
export type Group = Pick<
  Ranks,
  "rank" | "size" | "allReduce" | "broadcast" | "any"
>;

/**
 * Opens NVIDIA's libraries: those that TensorFlow has opened or the loader
 * finds, else the given files.
 * @throws {Error} what is missing; also where NCCL_LIB is `off`
 */
export function openLibraries(
  found: { cuda: string | null; nccl: string | null },
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Libraries {
  const given = env("NCCL_LIB");
  if (given === "off") throw new Error("NCCL_LIB is off");
  const files = (path: string | null) => path === null ? [] : [path];
  const nccl = given ? [given] : ["libnccl.so.2", ...files(found.nccl)];
  // Any version will do: they share the driver's context.
  const cuda = ["libcudart.so.12", ...files(found.cuda), "libcudart.so.13"];
  return { nccl: openNccl(nccl), cuda: openCuda(cuda) };
}

/** Finds the way; all processes of a launch must call it. */
export async function openReducer(
  ranks: Group,
  memory: TensorMemory,
  open: () => Libraries | Promise<Libraries>,
): Promise<Choice> {
  const byHost = (why: string) => ({ reducer: hostReducer(ranks), why });
  const own = await prepare(memory, open);
  const lacks = typeof own === "string";
  if (await ranks.any(lacks)) {
    return byHost(lacks ? own : "another process cannot use NCCL");
  }
  const { nccl, device } = own as Prepared;
  if (await isShared(ranks, device.busId)) {
    device.close();
    return byHost("processes share a GPU, which NCCL does not do");
  }
  const id = ranks.rank === 0 ? uniqueId(nccl) : new Uint8Array(ID_BYTES);
  const sent = Float32Array.from(id); // a byte each: MPI knows numbers only
  await ranks.broadcast(sent);
  const communicator = await joinGroup(nccl, Uint8Array.from(sent), ranks);
  const version = ncclVersion(nccl);
  const joined = { version, memory, device, communicator };
  return { reducer: ncclReducer(joined), why: null };
}

interface Prepared {
  nccl: NcclFunctions;
  device: CudaDevice;
}

/** This process's part, or why there is none. */
async function prepare(
  { device }: TensorMemory,
  open: () => Libraries | Promise<Libraries>,
): Promise<Prepared | string> {
  if (device !== "gpu") return "TensorFlow runs on the CPU";
  try {
    const { nccl, cuda } = await open();
    return { nccl, device: cudaDevice(cuda) };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Numbers of 24 bits, which float32 holds exactly, that name a device. */
const WORDS = 3;

/** Whether two processes have the same device. */
async function isShared(ranks: Group, busId: string): Promise<boolean> {
  const hash = createHash("sha256").update(`${Deno.hostname()} ${busId}`)
    .digest();
  const names = new Float32Array(WORDS * ranks.size); // zeros but for the own
  for (let i = 0; i < WORDS; i++) {
    names[WORDS * ranks.rank + i] = hash.readUIntBE(3 * i, 3);
  }
  await ranks.allReduce(names);
  const devices = Array.from(
    { length: ranks.size },
    (_, i) => names.slice(WORDS * i, WORDS * (i + 1)).join(),
  );
  return new Set(devices).size < ranks.size;
}
