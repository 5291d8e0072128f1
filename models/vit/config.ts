/** Sizes of an EVA-02 vision transformer. @module */

/** Settings of the backbone, named as in the reference. */
export interface VitConfig {
  /** Prefix of all names, such as `img_backbone`. */
  name: string;
  /** Pixels of a patch's side: the stride of the tokens. */
  patch: number;
  /** C, channels of a token. */
  width: number;
  /** Blocks. */
  depth: number;
  /** Attention heads; C / heads must be a multiple of 4. */
  heads: number;
  /** Tokens of the side of a window of the blocks in `windowBlocks`. */
  window: number;
  /** Tokens of the side of all other blocks' windows. */
  globalWindow: number;
  /** Indices of the blocks with small windows. */
  windowBlocks: readonly number[];
  /** Pixels of the images' side that the position embedding was made for. */
  pretrainedSide: number;
  /** Tokens of a side that rotary frequencies were trained with. */
  pretrainedWindow: number;
  /** Probability that the last block is left out; earlier ones linearly less. */
  dropPath: number;
  /** Computes blocks twice instead of keeping what is inside them. */
  checkpoint?: boolean;
}

/** EVA-02 large, as StreamPETR's configs at 320x800 use it. */
export const EVA02_LARGE: VitConfig = {
  name: "img_backbone",
  patch: 16,
  width: 1024,
  depth: 24,
  heads: 16,
  window: 16,
  globalWindow: 20,
  // Every third block looks further.
  windowBlocks: Array.from({ length: 24 }, (_, i) => i).filter((i) =>
    i % 3 < 2
  ),
  pretrainedSide: 224,
  pretrainedWindow: 16,
  dropPath: 0.3,
};

/**
 * Checks that sizes fit together.
 * @throws {RangeError} naming the field, its value and what it must be.
 */
export function checkVit(config: VitConfig): void {
  const { width, heads, patch } = config;
  const demand = (fits: boolean, field: keyof VitConfig, wanted: string) => {
    if (fits) return;
    throw new RangeError(
      `ViT config: ${field} is ${config[field]}, expected ${wanted}`,
    );
  };
  demand(width % heads === 0, "heads", `a divisor of ${width}`);
  const four = width / heads % 4 === 0;
  demand(four, "width", `a multiple of 4 times ${heads} heads`);
  const whole = config.pretrainedSide % patch === 0;
  demand(whole, "pretrainedSide", `a multiple of ${patch}`);
  const rate = config.dropPath;
  demand(rate >= 0 && rate < 1, "dropPath", "at least 0, less than 1");
}
