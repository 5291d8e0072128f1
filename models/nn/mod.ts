/**
 * Layers: built once, pure functions of their parameters.
 * @module
 */
export * from "./activation.ts";
export * from "./attention.ts";
export * from "./conv.ts";
export * from "./dropout.ts";
export * from "./linear.ts";
export * from "./merge.ts";
export * from "./norm.ts";
