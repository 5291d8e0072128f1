/** The EVA-02 vision transformer. @module */
export { checkVit, EVA02_LARGE, type VitConfig } from "./config.ts";
export type { PyramidConfig, PyramidScale } from "./pyramid.ts";
export { vit } from "./vit.ts";
