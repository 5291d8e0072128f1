/**
 * JSON at the scale of nuScenes: gigabytes of tables and results.
 * @module
 */
export { readNumbers } from "./lists.ts";
export { Names } from "./names.ts";
export { Scanner, type ScannerOptions } from "./scanner.ts";
export {
  indexTokens,
  readToken,
  setToken,
  TokenIndex,
  tokenText,
  type Words,
} from "./tokens.ts";
export { pythonJson } from "./python.ts";
