/** Training of StreamPETR: targets, losses and the step. @module */
export * from "./codes.ts";
export * from "./denoise.ts";
export * from "./detach.ts";
export * from "./differentiate.ts";
export * from "./gridmask.ts";
export * from "./host.ts";
export * from "./hungarian.ts";
export * from "./loss.ts";
export * from "./mask.ts";
export * from "./matcher.ts";
export * from "./names.ts";
export * from "./objective.ts";
export * from "./spec.ts";
export * from "./step.ts";
export * from "./targets.ts";
