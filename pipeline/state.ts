/**
 * Whether a stage's artifact is there, and if not, why.
 * @module
 */
import {
  differences,
  type Fingerprint,
  type FingerprintData,
  fingerprintOf,
  readExternals,
  trackedConfig,
} from "./fingerprint/mod.ts";
import { FileHashes, hashValue } from "./hash.ts";
import { readLaunch } from "./launch.ts";
import type { PlannedStage } from "./plan.ts";
import {
  findArtifact,
  keyOf,
  readCache,
  type StageRecord,
  type Table,
  writeCache,
} from "./store/mod.ts";

/** A stage's fingerprint and what the store has for it. */
export type StageState =
  & { key: FingerprintData; fingerprint: Fingerprint }
  & (
    | { status: "fresh"; folder: string; digest: string; tables: Table[] }
    | { status: "stale"; reasons: string[]; damaged: boolean }
  );

/** Hashes of external files, remembered between processes. */
export class Externals {
  readonly hashes = new FileHashes(readCache("externals") ?? {});
  #before = hashValue(this.hashes.known);

  /** Remembers what was hashed anew. */
  save(): void {
    const now = hashValue(this.hashes.known);
    if (now === this.#before) return;
    writeCache("externals", this.hashes.known);
    this.#before = now;
  }
}

/**
 * The state of a stage whose inputs are known.
 * @param digests of the inputs' artifacts, by input
 * @param last what an earlier run recorded, to tell what changed
 */
export async function stateOf(
  stage: PlannedStage,
  digests: Record<string, string>,
  last: StageRecord | undefined,
  options: { externals: Externals; verify?: boolean },
): Promise<StageState> {
  const { module, code } = stage;
  const listed = module.externals?.(stage.config) ?? [];
  const key: FingerprintData = {
    stage: stage.name,
    version: module.version,
    config: trackedConfig(stage.config, module.untracked),
    inputs: digests,
    files: code.files,
    packages: code.packages,
    externals: await readExternals(listed, options.externals.hashes),
  };
  const processes = readLaunch()?.size ?? 1;
  if (module.ranks === "together" && processes > 1) key.processes = processes;
  options.externals.save();
  const fingerprint = fingerprintOf(key);
  const found = await findArtifact(stage.name, fingerprint, options.verify);
  switch (found.status) {
    case "found": {
      const { folder, digest, tables } = found;
      return { key, fingerprint, status: "fresh", folder, digest, tables };
    }
    case "damaged": {
      const reason = `artifact ${found.folder} is damaged: ${found.reason}`;
      const reasons = [reason];
      return { key, fingerprint, status: "stale", reasons, damaged: true };
    }
    case "absent": {
      const reasons = reasonsOf(key, fingerprint, last);
      return { key, fingerprint, status: "stale", reasons, damaged: false };
    }
  }
}

function reasonsOf(
  key: FingerprintData,
  fingerprint: Fingerprint,
  last: StageRecord | undefined,
): string[] {
  if (!last?.artifact) return ["has not run yet"];
  const before = last.fingerprint === fingerprint ? null : keyOf(last.artifact);
  return before ? differences(before, key) : ["its artifact is gone"];
}
