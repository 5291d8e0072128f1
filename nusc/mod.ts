/**
 * The nuScenes kit: datasets, infos, metrics, results.
 *
 * ```ts
 * import { createInfos, openDataset, selectScenes } from "./nusc/mod.ts";
 *
 * const dataset = openDataset("data/nuscenes", "v1.0-mini");
 * const scenes = dataset.rows("scene").map(({ name }) => name);
 * const { names } = selectScenes("mini_val", scenes);
 * for (const frame of createInfos(dataset, names)) {
 *   frame.token; // of a key frame, with cameras, poses and boxes
 * }
 * ```
 * @module
 */
export * from "./categories.ts";
export * from "./errors.ts";
export * from "./geometry/quaternion.ts";
export * from "./infos/create.ts";
export * from "./infos/types.ts";
export * from "./splits.ts";
export { type Dataset, openDataset } from "./tables/dataset.ts";
export type * from "./tables/rows.ts";
