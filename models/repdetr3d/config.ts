/** The sizes and constants of a RepDETR3D head. @module */
import type { MapSize } from "../nn/mod.ts";
import { type HeadConfig, R50_704 } from "../streampetr/config.ts";

/** Settings of the head: StreamPETR's, and how it samples the images. */
export interface RepDetrConfig extends HeadConfig {
  /** Pixels between the cells of each map, fine to coarse. */
  strides: readonly number[];
  /** P, places around its reference point that a query looks at. */
  points: number;
  /** G, groups of channels with weights of their own. */
  groups: number;
}

/**
 * RepDETR3D at 320x800. Feed-forward nets are half as wide as StreamPETR's
 * and have no dropout: the reference's layer overlooks what its config says.
 */
export const REPDETR3D_800: RepDetrConfig = {
  ...R50_704,
  feedforward: 1024,
  geometry: "projections",
  imageHeight: 320,
  imageWidth: 800,
  strides: [8, 16, 32, 64],
  points: 13,
  groups: 8,
};

/** Cells of the maps of one image. */
export function mapSizes(
  { strides, imageHeight, imageWidth }: Pick<
    RepDetrConfig,
    "strides" | "imageHeight" | "imageWidth"
  >,
): MapSize[] {
  return strides.map((stride) => ({
    height: Math.ceil(imageHeight / stride),
    width: Math.ceil(imageWidth / stride),
  }));
}
