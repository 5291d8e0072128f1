/** The sizes and constants of PETR's head. @module */
import { type HeadConfig, R50_704 } from "../streampetr/config.ts";

/**
 * PETR and Focal-PETR R50 704: all queries are learned, none come from a
 * memory, and velocities, hard to tell from one frame, count less.
 *
 * Source: projects/configs/PETRv1 of exiawsh/StreamPETR.
 */
export const PETR_704: HeadConfig = {
  ...R50_704,
  queries: 900,
  propagated: 0,
  memory: 0,
  topk: 0,
  codeWeights: [2, 2, 1, 1, 1, 1, 1, 1, 0.2, 0.2],
};
