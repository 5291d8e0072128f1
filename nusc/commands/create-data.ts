/**
 * `nusc create-data`
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { selectSamples } from "../eval/common/samples.ts";
import { createFrames, writeFrames } from "../infos/mod.ts";
import { openDataset } from "../tables/mod.ts";
import { selectionOf } from "./selection.ts";

/** Flags of the command. */
export interface CreateDataFlags {
  root: string;
  out: string;
  version?: string;
  split?: string;
  scenes?: string[];
  maxSweeps?: number;
  /** False with `--no-files`. */
  files: boolean;
}

/** Writes one JSON line a key frame and says how many. */
export async function createData(
  flags: CreateDataFlags,
  print: (text: string) => void,
): Promise<void> {
  const { out, maxSweeps, files } = flags;
  mkdirSync(dirname(out), { recursive: true });
  const dataset = openDataset(flags.root, flags.version);
  const { samples, notes } = selectSamples(
    dataset,
    selectionOf(dataset, flags),
  );
  for (const note of notes) print(`note: ${note}\n`);
  const started = performance.now();
  const frames = createFrames(dataset, samples, {
    maxSweeps,
    checkFiles: files,
  });
  const count = await writeFrames(out, frames);
  const each = (performance.now() - started) / Math.max(1, count);
  print(`Wrote ${out}: ${count} key frames, ${each.toFixed(1)} ms each\n`);
}
