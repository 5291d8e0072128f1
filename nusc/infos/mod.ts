/**
 * Key frames with calibration, images and ground truth, one record each.
 * @module
 */
export { createFrames, type CreateOptions } from "./create.ts";
export { absentSweeps, checkFiles, checkImages } from "./files.ts";
export {
  type Omissible,
  readAllFrames,
  readFrames,
  writeFrames,
} from "./lines.ts";
export * from "./types.ts";
