/**
 * `nusc track`
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openDataset } from "../tables/mod.ts";
import { type Matching, trackResults } from "../tracker/mod.ts";
import { selectionOf } from "./selection.ts";

/** Flags of the command. */
export interface TrackFlags {
  root: string;
  results: string;
  out: string;
  version?: string;
  split?: string;
  scenes?: string[];
  maxAge?: number;
  minScore?: number;
  matching?: Matching;
}

/** Tracks and says where the file is. */
export async function track(
  flags: TrackFlags,
  print: (text: string) => void,
): Promise<void> {
  mkdirSync(dirname(flags.out), { recursive: true });
  const dataset = openDataset(flags.root, flags.version);
  const started = performance.now();
  const frames = await trackResults(dataset, flags.results, flags.out, {
    ...selectionOf(dataset, flags),
    maxAge: flags.maxAge,
    minScore: flags.minScore,
    matching: flags.matching,
  });
  const rate = frames / (performance.now() - started) * 1000;
  print(
    `Wrote ${flags.out}: ${frames} frames, ${rate.toFixed(0)} a second\n`,
  );
}
