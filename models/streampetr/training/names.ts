/** Names of the loss terms. @module */
import { auxiliaryTerms } from "./auxiliary.ts";
import type { StepConfig } from "./spec.ts";

/** All terms of a step, as the reference names them in its log. */
export function termNames({ head, denoising, focal }: StepConfig): string[] {
  const layers = [head.layers - 1, ...Array(head.layers - 1).keys()];
  const kinds = denoising ? ["loss", "dn_loss"] : ["loss"];
  const byLayer = kinds.flatMap((kind) =>
    layers.flatMap((layer) => {
      const prefix = layer === head.layers - 1 ? "" : `d${layer}.`;
      return [`${prefix}${kind}_cls`, `${prefix}${kind}_bbox`];
    })
  );
  return focal ? [...byLayer, ...auxiliaryTerms(focal)] : byLayer;
}
