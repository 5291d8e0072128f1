/** Reading PyTorch's checkpoint files without Python. @module */
export { CheckpointError } from "./error.ts";
export { parsePth } from "./pth.ts";
export type { PthTensor, PthType } from "./storage.ts";
