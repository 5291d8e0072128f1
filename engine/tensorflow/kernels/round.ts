/**
 * Rounding of whole numbers, which some devices lack: the identity.
 * @module
 */
import { override, typeOf } from "./override.ts";

/** Registers Round. */
export function registerRound(): void {
  override("Round", ({ x }, _attrs, backend) =>
    backend.executeSingleOutput(
      x.dtype === "int32" ? "Identity" : "Round",
      [typeOf("T", x.dtype)],
      [x],
    ));
}
