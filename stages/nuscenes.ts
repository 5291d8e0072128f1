/**
 * nuscenes: offers a nuScenes folder on disk to the other stages, without
 * copying it. The artifact holds `root`, a link, `dataset.json`, and
 * `contents.json`, by which later stages see that the dataset has changed.
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { defineStage, type External, UserError } from "../pipeline/stage.ts";

const settings = z.strictObject({
  root: z.string().default("data/nuscenes").describe("dataset folder"),
  version: z.enum(["v1.0-mini", "v1.0-trainval", "v1.0-test"]).default(
    "v1.0-trainval",
  ).describe("name of the tables' folder"),
});

type Settings = z.output<typeof settings>;

/** Entries of a folder as paths; none if it is absent. */
function entries(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) =>
      `${folder}/${entry.name}`
    ).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

function tablesOf(root: string, version: string): string[] {
  return entries(`${root}/${version}`).filter((path) => path.endsWith(".json"));
}

/** Tables by content: a dataset moved elsewhere stays the same dataset. */
function externals({ root, version }: Settings): External[] {
  const sensors = entries(`${root}/samples`);
  return [
    ...tablesOf(root, version).map((path) => ({
      path,
      by: "content" as const,
    })),
    ...sensors.map((path) => ({ path, by: "stat" as const })),
  ];
}

/** Digest of every table and number of files of every sensor. */
async function contentsOf(
  { root, version }: Settings,
  signal: AbortSignal,
): Promise<Record<"tables" | "sensors", Record<string, string | number>>> {
  const tables: Record<string, string> = {};
  for (const path of tablesOf(root, version)) {
    signal.throwIfAborted();
    const hash = createHash("sha256");
    using file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
    tables[path.slice(root.length + 1)] = hash.digest("hex");
  }
  const sensors: Record<string, number> = {};
  for (const folder of entries(`${root}/samples`)) {
    sensors[folder.slice(root.length + 1)] = entries(folder).length;
  }
  return { tables, sensors };
}

/** What to do about a dataset that is not there. */
function advice({ root, version }: Settings): string {
  const archives = version === "v1.0-mini"
    ? "the archive v1.0-mini (tables, key frames and sweeps of ten scenes)"
    : `the metadata archive of ${version} and its file blobs (samples; the ` +
      "camera and LiDAR key frames suffice)";
  return `Download ${archives} from nuscenes.org and unpack it into ${root}, ` +
    `so that ${root}/${version} and ${root}/samples exist, or set \`root\` ` +
    "to where they are. To try the pipeline on a generated world instead, " +
    "run `deno task pipeline configs/mini.yaml`";
}

export default defineStage({
  description: "offer a nuScenes folder on disk",
  version: 1,
  config: settings,
  inputs: [],
  externals,
  async run({ config, output, signal, emit }) {
    const { root, version } = config;
    for (const folder of [root, `${root}/${version}`, `${root}/samples`]) {
      const found = await Deno.stat(folder).catch(() => null);
      if (found?.isDirectory) continue;
      throw new UserError(
        `Found no folder ${folder}, expected ${version} of nuScenes. ` +
          advice(config),
      );
    }
    await Deno.symlink(await Deno.realPath(root), `${output}/root`);
    const { openInput, withUserErrors } = await import("./shared/dataset.ts");
    await Deno.writeTextFile(
      `${output}/dataset.json`,
      JSON.stringify({ version }) + "\n",
    );
    await Deno.writeTextFile(
      `${output}/contents.json`,
      JSON.stringify(await contentsOf(config, signal), null, 2) + "\n",
    );
    const scenes = await withUserErrors(async () =>
      (await openInput(output)).scenes.rows.length
    );
    emit({
      type: "message",
      level: "info",
      text: `Found ${scenes} scenes of ${version} in ${root}`,
    });
  },
});
