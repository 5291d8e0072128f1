/**
 * world: generates a nuScenes folder, for runs without the recorded dataset.
 * The artifact holds `root/`, the dataset, and `dataset.json`, its version.
 * @module
 */
import { z } from "zod";
import { defineStage } from "../pipeline/stage.ts";

const settings = z.strictObject({
  seed: z.int().default(0).describe("another seed gives another world"),
  version: z.enum(["v1.0-mini", "v1.0-trainval"]).optional().describe(
    "default: mini while its 8 + 2 scenes suffice, else trainval",
  ),
  train_scenes: z.int().min(0).max(700).default(8).describe(
    "scenes of the training split; more than 8 need trainval",
  ),
  val_scenes: z.int().min(0).max(40).default(2).describe(
    "scenes of the validation split; more than 2 need trainval",
  ),
  train_frames: z.int().min(1).max(400).default(40).describe(
    "key frames of a training scene, two a second",
  ),
  val_frames: z.int().min(1).max(400).default(40).describe(
    "key frames of a validation scene",
  ),
  width: z.int().min(16).max(4096).default(352).describe("pixels"),
  height: z.int().min(9).max(4096).default(198).describe("pixels"),
  quality: z.int().min(1).max(100).default(92).describe("of the JPEGs"),
  supersample: z.union([z.literal(1), z.literal(2)]).default(1).describe(
    "2 averages 2x2 rays a pixel",
  ),
  radius: z.number().min(8).max(80).default(20).describe(
    "metres from the ego within which objects exist",
  ),
  density: z.number().min(0).max(200).default(12).describe(
    "objects of the ten classes in a frame, on average",
  ),
  lidar_range: z.number().positive().optional().describe(
    "metres; default radius + 5",
  ),
  lidar_columns: z.int().min(36).max(3600).default(1080).describe(
    "LiDAR firings a turn",
  ),
  sweeps: z.boolean().default(false).describe(
    "also write 12 Hz camera and 20 Hz LiDAR sweeps",
  ),
  workers: z.int().min(1).optional().describe("threads; default one a core"),
});

export default defineStage({
  description: "generate a street as a nuScenes folder",
  version: 1,
  config: settings,
  inputs: [],
  untracked: ["workers"],
  async run({ config, output, signal, emit }) {
    const { generateWorld } = await import("../nusc/world/mod.ts");
    const summary = await generateWorld(`${output}/root`, {
      seed: config.seed,
      version: config.version,
      trainScenes: config.train_scenes,
      valScenes: config.val_scenes,
      trainFrames: config.train_frames,
      valFrames: config.val_frames,
      width: config.width,
      height: config.height,
      quality: config.quality,
      supersample: config.supersample,
      radius: config.radius,
      density: config.density,
      lidarRange: config.lidar_range,
      lidarColumns: config.lidar_columns,
      sweeps: config.sweeps,
      workers: config.workers,
    }, {
      signal,
      onProgress: (done, total) =>
        emit({ type: "progress", unit: "frames", done, total }),
    });
    const { version } = summary;
    await Deno.writeTextFile(
      `${output}/dataset.json`,
      JSON.stringify({ version }) + "\n",
    );
    emit({
      type: "message",
      level: "info",
      text: `Generated ${summary.scenes.length} scenes with ` +
        `${summary.frames} frames and ${summary.annotations} boxes`,
    });
  },
});
