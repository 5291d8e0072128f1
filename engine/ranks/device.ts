/** Which GPU a process takes. @module */
import type { Launch } from "./ranks.ts";

const NVML = {
  nvmlInit_v2: { parameters: [], result: "i32" },
  nvmlDeviceGetCount_v2: { parameters: ["buffer"], result: "i32" },
  nvmlShutdown: { parameters: [], result: "i32" },
} as const;

/**
 * Leaves this process one GPU of those that it may see: its own, as long as
 * there are enough. Libraries look once, so call this before they start.
 * @param count How many the machine has.
 */
export function pickDevice(
  { localRank, localSize }: Launch,
  count: () => number = countDevices,
): void {
  if (localSize === 1) return;
  const named = Deno.env.get("CUDA_VISIBLE_DEVICES");
  const seen = named?.split(",").filter(Boolean) ??
    Array.from({ length: count() }, (_, i) => String(i));
  if (seen.length < 2) return;
  const own = seen[localRank % seen.length]!;
  Deno.env.set("CUDA_VISIBLE_DEVICES", own);
}

/**
 * GPUs of this machine, 0 without a driver. NVML is asked, since CUDA would
 * look at the variable now and never again, and /proc is closed to a program
 * without all permissions.
 */
function countDevices(): number {
  try {
    const nvml = Deno.dlopen("libnvidia-ml.so.1", NVML);
    const { nvmlInit_v2, nvmlDeviceGetCount_v2, nvmlShutdown } = nvml.symbols;
    const count = new Uint32Array(1);
    if (nvmlInit_v2() === 0) {
      if (nvmlDeviceGetCount_v2(count) !== 0) count[0] = 0;
      nvmlShutdown();
    }
    nvml.close();
    return count[0]!;
  } catch {
    return 0; // no driver
  }
}
