/** Which GPU a process takes. @module */
import type { Launch } from "./ranks.ts";

/** One folder for each GPU that the driver knows. */
const DRIVER = "/proc/driver/nvidia/gpus";

/**
 * Leaves this process one GPU of those that it may see: its own, as long as
 * there are enough. Libraries look once, so call this before they start.
 */
export function pickDevice({ localRank, localSize }: Launch): void {
  if (localSize === 1) return;
  const seen = visibleDevices();
  if (seen.length < 2) return;
  const own = seen[localRank % seen.length]!;
  Deno.env.set("CUDA_VISIBLE_DEVICES", own);
}

function visibleDevices(): string[] {
  const named = Deno.env.get("CUDA_VISIBLE_DEVICES");
  if (named !== undefined) return named.split(",").filter(Boolean);
  try {
    return [...Deno.readDirSync(DRIVER)].map((_, i) => String(i));
  } catch {
    return []; // no driver, or hidden by a sandbox
  }
}
