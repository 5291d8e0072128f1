/**
 * create-data: one record a key frame (calibration, poses, boxes in 3D and
 * 2D), as StreamPETR's converter makes them. Writes `infos_<split>.jsonl` and
 * `splits.json`, the scenes of each split.
 * @module
 */
import { z } from "zod";
import type { SceneSource } from "../nusc/mod.ts";
import { defineStage, type StageContext } from "../pipeline/stage.ts";

const scenes = z.union([z.string(), z.array(z.string()).min(1)]);

const settings = z.strictObject({
  splits: z.record(
    z.string().regex(/^[\w-]+$/, "letters, digits, _ and - only"),
    scenes,
  ).default({ train: ["train", "mini_train"], val: ["val", "mini_val"] })
    .describe(
      "by name: official splits (train, val, test, mini_train, mini_val, " +
        "train_detect, train_track), splits of the dataset's splits.json " +
        "and scenes",
    ),
  max_sweeps: z.int().min(0).default(10).describe(
    "LiDAR sweeps listed before a key frame",
  ),
});

/** Scene names by split, as `splits.json` holds them. */
export type SplitScenes = Record<string, string[]>;

export default defineStage({
  description: "describe every key frame: calibration, poses and boxes",
  version: 1,
  config: settings,
  inputs: ["dataset"],
  async run(context) {
    const { withUserErrors } = await import("./shared/dataset.ts");
    await withUserErrors(() => createData(context));
  },
});

async function createData(
  { config, inputs, output, signal, emit }: StageContext<
    z.output<typeof settings>
  >,
): Promise<void> {
  const { openInput } = await import("./shared/dataset.ts");
  const { checkFiles, createFrames, customSplits, writeFrames } = await import(
    "../nusc/mod.ts"
  );
  const dataset = await openInput(inputs.dataset!);
  const { splits, notes } = await resolveSplits(config.splits, {
    version: dataset.version,
    scenes: new Set(dataset.scenes.rows.map((scene) => scene.name)),
    splits: customSplits(dataset.folder),
  });
  for (const { level, text } of notes) emit({ type: "message", level, text });
  const jobs = Object.entries(splits).map(([name, names]) => ({
    name,
    samples: dataset.samplesOf(names),
  }));
  const total = jobs.reduce((sum, job) => sum + job.samples.length, 0);
  // Of all splits: the last one must not fail when the first has been made.
  checkFiles(dataset, [...new Set(jobs.flatMap(({ samples }) => samples))]);
  let before = 0;
  for (const { name, samples } of jobs) {
    const frames = createFrames(dataset, samples, {
      maxSweeps: config.max_sweeps,
      signal,
    });
    before += await writeFrames(
      `${output}/infos_${name}.jsonl`,
      frames,
      (done) =>
        emit({ type: "progress", unit: "frames", done: before + done, total }),
    );
  }
  await Deno.writeTextFile(
    `${output}/splits.json`,
    JSON.stringify(splits, null, 2) + "\n",
  );
}

/** Scenes of every split, with what there is to say about them. */
async function resolveSplits(
  config: Record<string, string | string[]>,
  source: SceneSource,
) {
  const { resolveSplit } = await import("../nusc/mod.ts");
  const splits: SplitScenes = {};
  const notes: { level: "info" | "warning"; text: string }[] = [];
  const homes = new Map<string, string>();
  for (const [name, parts] of Object.entries(config)) {
    const resolved = resolveSplit(name, [parts].flat(), source);
    splits[name] = resolved.scenes;
    if (resolved.note) notes.push({ level: "info", text: resolved.note });
    for (const scene of resolved.scenes) {
      const other = homes.get(scene);
      if (other) {
        const text = `${scene} is in both ${other} and ${name}`;
        notes.push({ level: "warning", text });
      }
      homes.set(scene, name);
    }
  }
  return { splits, notes };
}
