/**
 * nuScenes submissions: reading and writing.
 * @module
 */
export { NO_ATTRIBUTE, type ResultBoxes, type Results } from "./boxes.ts";
export { classNames, readResults, type Task } from "./read.ts";
