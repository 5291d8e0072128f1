/**
 * Commands over the tiny dataset with something wrong in it.
 */
import assert from "node:assert/strict";
import { main } from "../../nusc/cli.ts";
import {
  perfectResults,
  type Row,
  type Tables,
  tinyTables,
  withDataset,
} from "./tiny.ts";

/** Tracks that follow all annotations. */
export function perfectTracks(tables: Tables) {
  const { meta, results } = perfectResults(tables);
  const written = new Map<string, number>();
  for (const { sample_token, instance_token } of tables.sample_annotation!) {
    const place = written.get(sample_token) ?? 0;
    written.set(sample_token, place + 1);
    const box = results[sample_token]![place]!;
    box.tracking_id = instance_token;
    box.tracking_name = box.detection_name;
    box.tracking_score = box.detection_score;
  }
  return { meta, results };
}

/** What a command prints about changed tables and results. */
export async function run(
  command: "evaluate" | "evaluate-tracking" | "track",
  change: (tables: Tables, results: Record<string, Row[]>) => unknown,
): Promise<{ code: number; out: string; error: string }> {
  const tables = tinyTables();
  const whole = command === "evaluate-tracking"
    ? perfectTracks(tables)
    : perfectResults(tables);
  change(tables, whole.results);
  return await withDataset(tables, async (root) => {
    const path = `${root}/results.json`;
    await Deno.writeTextFile(path, JSON.stringify(whole));
    const flag = command === "track" ? "--detections" : "--results";
    const args = [command, "--root", root, flag, path];
    if (command === "track") args.push("--out", `${root}/tracks.json`);
    let out = "", error = "";
    const code = await main(
      args,
      (text) => out += text,
      (text) => error += text,
    );
    const clean = (text: string) =>
      text.replaceAll(root, "ROOT").replaceAll(/\.json:\d+:\d+/g, ".json:…");
    return { code, out: clean(out), error: clean(error) };
  });
}

/** Asserts the whole message of a command and its exit code. */
export async function refuses(
  command: Parameters<typeof run>[0],
  change: Parameters<typeof run>[1],
  message: string,
): Promise<void> {
  const { code, error } = await run(command, change);
  assert.deepEqual([code, error], [2, `error: ${message}\n`]);
}
