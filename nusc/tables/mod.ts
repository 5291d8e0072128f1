/**
 * The tables of a nuScenes v1.0 folder.
 * @module
 */
export {
  type Calibration,
  Dataset,
  openDataset,
  type Sample,
  type Scene,
} from "./dataset.ts";
export { TABLES } from "./files.ts";
export { group, type Groups } from "./groups.ts";
export type { Annotations, EgoPoses, SensorData, Target } from "./large.ts";
export { readRows, rowOf, type Rows } from "./rows.ts";
export { boxVelocity } from "./velocity.ts";
