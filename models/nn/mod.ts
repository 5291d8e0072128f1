/** Layers, each built once and then a pure function. @module */
export * from "./activation.ts";
export * from "./attention.ts";
export * from "./batchnorm.ts";
export * from "./conv.ts";
export * from "./convnorm.ts";
export * from "./deformable.ts";
export * from "./dropout.ts";
export * from "./freeze.ts";
export * from "./linear.ts";
export * from "./merge.ts";
export * from "./nearest.ts";
export * from "./norm.ts";
export * from "./params.ts";
export * from "./recompute.ts";
