/** RepDETR3D: StreamPETR's memory with deformable attention. @module */
export { mapSizes, REPDETR3D_800, type RepDetrConfig } from "./config.ts";
export { buildRepDetr } from "./detector.ts";
export { buildRepDetrHead } from "./head.ts";
export * from "./yolox/mod.ts";
