/**
 * StreamPETR: config, head, detector, memory.
 * @module
 */
export * from "./branches.ts";
export * from "./config.ts";
export * from "./detector.ts";
export * from "./decode.ts";
export * from "./encoding.ts";
export * from "./finite.ts";
export * from "./focal/mod.ts";
export * from "./head.ts";
export * from "./inference.ts";
export * from "./memory.ts";
export * from "./modulation.ts";
export * from "./position.ts";
export * from "./queries.ts";
export * from "./training/mod.ts";
export * from "./transformer.ts";
export * from "./types.ts";
export * from "./warmstart.ts";
