/**
 * nuScenes submissions: reading and writing.
 * @module
 */
export { NO_ATTRIBUTE, type ResultBoxes, type Results } from "./boxes.ts";
export {
  type DetectionRecord,
  type FrameBoxes,
  frameDetections,
  type FramePose,
  globalFromLidar,
} from "./frame.ts";
export {
  type AnyResults,
  boxesOfSample,
  readAnyResults,
  type SampleBox,
} from "./sample.ts";
export { classNames, readResults, type Task } from "./read.ts";
export {
  CAMERA_ONLY,
  type ResultsMeta,
  type SampleBoxes,
  writeResults,
} from "./write.ts";
