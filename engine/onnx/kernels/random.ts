/**
 * Kernels that draw numbers: an exported graph must give the same result for
 * the same inputs, so they are refused.
 * @module
 */
import type { Kernel, Kernels } from "./kernel.ts";

const refuse: Kernel = () => {
  throw new Error(
    "it draws random numbers. Export the inference pass (no dropout, no " +
      "noise), or draw on the host and pass the numbers as an input",
  );
};

/** Refused kernels. */
export const random: Kernels = {
  Multinomial: refuse,
  RandomStandardNormal: refuse,
  RandomUniform: refuse,
  RandomUniformInt: refuse,
  StatelessRandomUniform: refuse,
  StatelessRandomUniformV2: refuse,
  StatelessUniform: refuse,
};
