/** Weights as files hold them: format, names, layout. @module */
export * from "./error.ts";
export * from "./layout.ts";
export * from "./load.ts";
export * from "./names.ts";
export * from "./origin.ts";
export * from "./resize.ts";
export * from "./safetensors.ts";
