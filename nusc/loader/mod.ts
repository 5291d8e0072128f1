/**
 * From infos to network input: sampling, augmentation, pixels and geometry.
 * @module
 */
export * from "./check.ts";
export * from "./decode.ts";
export * from "./filled.ts";
export * from "./frame.ts";
export * from "./geometry.ts";
export * from "./image.ts";
export * from "./labels2d.ts";
export * from "./labels3d.ts";
export * from "../geometry/matrix.ts";
export * from "./mersenne.ts";
export * from "./move.ts";
export * from "./pool.ts";
export * from "./random.ts";
export * from "./reader.ts";
export * from "./resample/mod.ts";
export * from "./sampler.ts";
export * from "./spots.ts";
export * from "./turn.ts";
export * from "./view.ts";
export * from "./window.ts";
