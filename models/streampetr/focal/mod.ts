/** The 2D head of training: predictions, matching, losses. @module */
export * from "./head.ts";
export * from "./heatmap.ts";
export * from "./loss.ts";
export * from "./matcher.ts";
export * from "./overlap.ts";
export * from "./targets.ts";
export * from "./tokens.ts";
