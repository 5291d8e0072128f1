/** PyTorch's checkpoint files, read and written without Python. @module */
export { CheckpointError } from "./error.ts";
export { parsePth, type PthFile, type PthOptions, readPth } from "./pth.ts";
export type { PthTensor, PthType } from "./storage.ts";
export { type PthEntry, writePth } from "./write.ts";
