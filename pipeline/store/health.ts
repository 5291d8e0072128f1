/**
 * Are all artifacts whole?
 * @module
 */
import { join } from "node:path";
import { findArtifact, readManifest } from "./artifact.ts";
import { list } from "./files.ts";
import { isStageFolder, ROOT } from "./layout.ts";

/** Counts artifacts and names those that are damaged. */
export async function storeHealth(): Promise<{
  artifacts: number;
  damaged: { folder: string; reason: string }[];
}> {
  const damaged: { folder: string; reason: string }[] = [];
  let artifacts = 0;
  for (const stage of list(ROOT).filter(isStageFolder)) {
    for (const name of list(join(ROOT, stage))) {
      const folder = join(ROOT, stage, name);
      const manifest = readManifest(folder);
      artifacts++;
      if (!manifest) {
        damaged.push({ folder, reason: "its manifest cannot be read" });
        continue;
      }
      const found = await findArtifact(stage, manifest.fingerprint);
      if (found.status === "damaged") damaged.push(found);
    }
  }
  return { artifacts, damaged };
}
