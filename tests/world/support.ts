/**
 * A tiny generated world, read back without any code of the generator's.
 * @module
 */
import { readFile } from "node:fs/promises";
import { generateWorld, type WorldOptions } from "../../nusc/world/mod.ts";

/** A row of any table. */
// deno-lint-ignore no-explicit-any -- rows are read as a stranger would
export type Row = Record<string, any>;

/** Two scenes of three frames in small images. */
export const TINY: Partial<WorldOptions> = {
  seed: 7,
  trainScenes: 1,
  valScenes: 1,
  trainFrames: 3,
  valFrames: 3,
  width: 160,
  height: 90,
  workers: 1,
};

/** A dataset on disk, its tables by name and by token. */
export interface Dataset {
  root: string;
  tables: Record<string, Row[]>;
  get(table: string, token: string): Row;
}

/** Reads the tables of a version folder. */
export async function readDataset(
  root: string,
  version: string,
): Promise<Dataset> {
  const tables: Record<string, Row[]> = {};
  for await (const { name } of Deno.readDir(`${root}/${version}`)) {
    const text = await readFile(`${root}/${version}/${name}`, "utf8");
    tables[name.replace(".json", "")] = JSON.parse(text);
  }
  const index = new Map<string, Row>();
  for (const [table, rows] of Object.entries(tables)) {
    for (const row of rows) index.set(`${table}/${row.token}`, row);
  }
  return {
    root,
    tables,
    get(table, token) {
      const row = index.get(`${table}/${token}`);
      if (!row) throw new Error(`No ${table} with token "${token}"`);
      return row;
    },
  };
}

/** Generates a world in a fresh folder, hands it over and removes it. */
export async function withWorld(
  options: Partial<WorldOptions>,
  use: (dataset: Dataset) => void | Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "world-" });
  try {
    const { version } = await generateWorld(root, options);
    await use(await readDataset(root, version));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Rows of a w-first quaternion's rotation matrix. */
export function matrixOf([w, x, y, z]: number[]): number[][] {
  return [
    [
      1 - 2 * (y! * y! + z! * z!),
      2 * (x! * y! - w! * z!),
      2 * (x! * z! + w! * y!),
    ],
    [
      2 * (x! * y! + w! * z!),
      1 - 2 * (x! * x! + z! * z!),
      2 * (y! * z! - w! * x!),
    ],
    [
      2 * (x! * z! - w! * y!),
      2 * (y! * z! + w! * x!),
      1 - 2 * (x! * x! + y! * y!),
    ],
  ];
}

/** A point in the frame whose pose in the parent frame is `row`. */
export function into(row: Row, point: number[]): number[] {
  const m = matrixOf(row.rotation);
  const d = point.map((value, axis) => value - row.translation[axis]);
  return [0, 1, 2].map((c) =>
    m[0]![c]! * d[0]! + m[1]![c]! * d[1]! + m[2]![c]! * d[2]!
  );
}

/** A point of that frame in the parent frame. */
export function outOf(row: Row, point: number[]): number[] {
  return matrixOf(row.rotation).map((line, axis) =>
    line[0]! * point[0]! + line[1]! * point[1]! + line[2]! * point[2]! +
    row.translation[axis]
  );
}

/** Channel name of a sample_data row. */
export function channelOf(dataset: Dataset, data: Row): string {
  const mount = dataset.get("calibrated_sensor", data.calibrated_sensor_token);
  return dataset.get("sensor", mount.sensor_token).channel;
}
