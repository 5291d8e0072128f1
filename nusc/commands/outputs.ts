/**
 * Where a command writes, made ready before it works.
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { checkCurvesPath } from "../eval/common/mod.ts";

/** Makes the folders of outputs; a bad path fails before the work does. */
export function checkOutputs(
  { out, curves }: { out?: string; curves?: string },
): void {
  if (curves) {
    checkCurvesPath(curves);
    mkdirSync(dirname(curves), { recursive: true });
  }
  if (out) mkdirSync(out, { recursive: true });
}
