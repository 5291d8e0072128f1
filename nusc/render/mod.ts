/**
 * Pictures of key frames: cameras and bird's-eye view with ground truth and
 * predictions. Pictures are SVG text; `writePicture` makes files of them.
 * @module
 */
export type { SampleBox } from "../results/mod.ts";
export type { CameraView, DrawnBox } from "./box.ts";
export type { BevInput } from "./bev.ts";
export {
  formatOf,
  type PictureFormat,
  renderBev,
  renderSheet,
  type SheetInput,
  writePicture,
} from "./sheet.ts";
export {
  renderSample,
  type SampleOptions,
  toDrawn,
  truthOf,
  viewsOf,
} from "./sample.ts";
export { CLASS_COLOURS, TRUTH } from "./style.ts";
