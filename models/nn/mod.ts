/** Layers, each built once and then a pure function. @module */
export * from "./attention.ts";
export * from "./batchnorm.ts";
export * from "./conv.ts";
export * from "./dropout.ts";
export * from "./linear.ts";
export * from "./norm.ts";
export * from "./params.ts";
export * from "./sigmoid.ts";
