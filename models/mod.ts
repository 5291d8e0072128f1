/**
 * The networks and what belongs to training them, as pure functions.
 * @module
 */
export * from "./init.ts";
export * from "./module.ts";
export * from "./random.ts";
export * from "./nn/mod.ts";
export * from "./weights/mod.ts";
