/** What turns gradients into training. @module */
export * from "./adamw.ts";
export * from "./clip.ts";
export * from "./ema.ts";
export * from "./loss_scale.ts";
export * from "./schedule.ts";
