/**
 * The fingerprint: all that decides a stage's result. Equal fingerprint,
 * equal artifact; this file is the interface that the README documents.
 *
 * Not in it, since results do not depend on them: settings that a stage calls
 * `untracked` (threads, log rates), where the project lies, comments and the
 * order of keys in configs, the version of the pipeline's own code.
 * @module
 */
import { canonicalJson, hashBytes } from "../hash.ts";

export { type Code, type CodeRecord, readCode } from "./code.ts";
export { readExternals } from "./externals.ts";
export { differences } from "./compare.ts";

/** What is hashed. */
export interface FingerprintData {
  /** Two stages may share code and settings, yet be told apart by a reader. */
  stage: string;
  /** Lets an author discard old artifacts though code and settings agree. */
  version: number;
  /** Settings after defaults, so that writing a default changes nothing. */
  config: unknown;
  /** Digests of the data read: equal data stops a cascade of reruns. */
  inputs: Record<string, string>;
  /** Content of each local module that can run in the stage, by path. */
  files: Record<string, string>;
  /** npm packages reached: another version may compute something else. */
  packages: string[];
  /** State of files outside the store that the stage names. */
  externals: [name: string, state: string][];
  /** Processes that make it together, where they are several. */
  processes?: number;
}

declare const brand: unique symbol;
/** Hash of a {@link FingerprintData}. */
export type Fingerprint = string & { [brand]: "fingerprint" };

/** The hash of what decides a result. */
export function fingerprintOf(data: FingerprintData): Fingerprint {
  return hashBytes(canonicalJson({ format: 1, ...data })) as Fingerprint;
}

/** The settings that count: all but the untracked ones. */
export function trackedConfig(
  config: unknown,
  untracked: readonly string[] = [],
): unknown {
  if (config === null || typeof config !== "object") return config;
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => !untracked.includes(key)),
  );
}
