/** The 2D head of RepDETR3D's training. @module */
export {
  buildYoloxHead,
  type YoloxConfig,
  type YoloxHead,
  type YoloxPredictions,
} from "./head.ts";
