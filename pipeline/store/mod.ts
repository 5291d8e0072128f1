/**
 * The store: the only code that writes under `artifacts/`.
 * @module
 */
export {
  askToStop,
  dropOutput,
  findArtifact,
  type Found,
  keyOf,
  openWork,
  publish,
  type Work,
} from "./artifact.ts";
export { type Answer, Board } from "./board.ts";
export { readCache, writeCache } from "./cache.ts";
export { collect, type Collected, sweep } from "./gc.ts";
export { storeHealth } from "./health.ts";
export { artifactFolder, ROOT } from "./layout.ts";
export type { Table } from "./manifest.ts";
export { type Lock, type LockKind, tryLock, waitForLock } from "./lock.ts";
export {
  isAlive,
  lastStages,
  readRuns,
  RunFolder,
  runId,
  type RunRecord,
  type StageRecord,
  type StageStatus,
} from "./runs.ts";
