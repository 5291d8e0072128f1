/**
 * Configs: YAML files with one parent each, overrides, and mistakes that
 * point at tokens.
 * @module
 */
export { loadConfig } from "./load.ts";
export { applyOverrides } from "./override.ts";
export { check, ConfigError, formatProblem, type Problem } from "./problem.ts";
export { checkSettings } from "./settings.ts";
export { origin, type Place, position } from "./source.ts";
export { type Pipeline, readPipeline, type StageEntry } from "./pipeline.ts";
export { didYouMean, nearest } from "./suggest.ts";
export { childOf, descend, describe, toValue, type Tree } from "./tree.ts";
