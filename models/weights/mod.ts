/** Weights as files hold them: format and layout. @module */
export * from "./layout.ts";
export * from "./safetensors.ts";
