/** PETR and Focal-PETR: one frame at a time, without memory. @module */
export { PETR_704 } from "./config.ts";
export { buildPetrHead } from "./head.ts";
