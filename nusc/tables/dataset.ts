/**
 * An opened nuScenes dataset: tables are read when they are first needed, and
 * so are the indexes between them.
 * @module
 */
import { DatasetError } from "../errors.ts";
import type {
  Annotation,
  Rows,
  Sample,
  SampleData,
  Scene,
  Table,
} from "./rows.ts";

/** One version of a dataset, under `root/version/*.json`. */
export class Dataset {
  readonly #tables = new Map<Table, Rows[Table][]>();
  readonly #indexes = new Map<Table, Map<string, Rows[Table]>>();
  #keyFrames: Map<string, Map<string, SampleData>> | undefined;
  #annotations: Map<string, Annotation[]> | undefined;

  /**
   * @param root folder that holds `samples/` and the version's folder.
   * @param version such as `v1.0-mini`.
   */
  constructor(readonly root: string, readonly version: string) {}

  /** All rows of a table, in the file's order. */
  rows<T extends Table>(table: T): Rows[T][] {
    let rows = this.#tables.get(table);
    if (!rows) {
      rows = readTable(this.pathOf(table), table);
      this.#tables.set(table, rows);
    }
    return rows as Rows[T][];
  }

  /** File of a table. */
  pathOf(table: Table): string {
    return `${this.root}/${this.version}/${table}.json`;
  }

  /**
   * The row of a token.
   * @param from what refers to it, for the error.
   * @throws {DatasetError} if there is none.
   */
  get<T extends Table>(table: T, token: string, from = "a caller"): Rows[T] {
    let index = this.#indexes.get(table);
    if (!index) {
      index = new Map();
      for (const row of this.rows(table)) {
        if (index.has(row.token)) {
          throw new DatasetError(
            `${this.pathOf(table)} holds the token ${row.token} twice. ` +
              "Copy the table again from the dataset's archive",
          );
        }
        index.set(row.token, row);
      }
      this.#indexes.set(table, index);
    }
    const row = index.get(token);
    if (row) return row as Rows[T];
    throw new DatasetError(
      `${this.pathOf(table)} has no row "${token}", to which ${from} refers. ` +
        "The tables are not of one version; copy them again",
    );
  }

  /** Key-frame data of a sample by channel, such as `LIDAR_TOP`. */
  keyFrames(sampleToken: string): ReadonlyMap<string, SampleData> {
    this.#keyFrames ??= this.#indexKeyFrames();
    return this.#keyFrames.get(sampleToken) ?? new Map();
  }

  #indexKeyFrames() {
    const channelOf = new Map<string, string>();
    for (const sensor of this.rows("calibrated_sensor")) {
      const { channel } = this.get("sensor", sensor.sensor_token, sensor.token);
      channelOf.set(sensor.token, channel);
    }
    const index = new Map<string, Map<string, SampleData>>();
    for (const row of this.rows("sample_data")) {
      if (!row.is_key_frame) continue;
      const channel = channelOf.get(row.calibrated_sensor_token)!;
      const channels = index.get(row.sample_token);
      if (channels) channels.set(channel, row);
      else index.set(row.sample_token, new Map([[channel, row]]));
    }
    return index;
  }

  /** Annotations of a sample, in the table's order. */
  annotations(sampleToken: string): readonly Annotation[] {
    if (!this.#annotations) {
      this.#annotations = new Map();
      for (const row of this.rows("sample_annotation")) {
        const list = this.#annotations.get(row.sample_token);
        if (list) list.push(row);
        else this.#annotations.set(row.sample_token, [row]);
      }
    }
    return this.#annotations.get(sampleToken) ?? [];
  }

  /** nuScenes category of an annotation, such as `vehicle.car`. */
  categoryOf(annotation: Annotation): string {
    const { instance_token, token } = annotation;
    const instance = this.get("instance", instance_token, token);
    return this.get("category", instance.category_token, instance.token).name;
  }

  /**
   * Samples of a scene in order of time.
   * @throws {DatasetError} if the chain is cut or its times run backwards.
   */
  samplesOf(scene: Scene): Sample[] {
    const samples: Sample[] = [];
    let token = scene.first_sample_token;
    while (token !== "") {
      const sample = this.get("sample", token, `scene ${scene.name}`);
      const before = samples.at(-1);
      if (before && before.timestamp >= sample.timestamp) {
        throw new DatasetError(
          `Samples of ${scene.name} are out of order: ${sample.token} ` +
            `(${sample.timestamp} µs) follows ${before.token} ` +
            `(${before.timestamp} µs) in ${this.pathOf("sample")}`,
        );
      }
      samples.push(sample);
      token = sample.next;
    }
    if (samples.at(-1)?.token !== scene.last_sample_token) {
      throw new DatasetError(
        `${scene.name} is cut short: its samples end at ` +
          `${samples.at(-1)?.token}, ${this.pathOf("scene")} says ` +
          `${scene.last_sample_token}. Copy sample.json again`,
      );
    }
    return samples;
  }

  /**
   * Velocity of an annotated object, m/s in the global frame, from its
   * neighbours in time; NaN where they are missing or too far apart.
   * Source: NuScenes.box_velocity of the devkit.
   */
  velocityOf(annotation: Annotation, maxGapSeconds = 1.5): number[] {
    const { prev, next, token } = annotation;
    const unknown = [NaN, NaN, NaN];
    if (prev === "" && next === "") return unknown;
    const at = (other: string) =>
      other === "" ? annotation : this.get("sample_annotation", other, token);
    const [first, last] = [at(prev), at(next)];
    const timeOf = (row: Annotation) =>
      1e-6 * this.get("sample", row.sample_token, row.token).timestamp;
    const seconds = timeOf(last) - timeOf(first);
    const allowed = prev !== "" && next !== "" ? 2 : 1;
    if (seconds > maxGapSeconds * allowed) return unknown;
    return [0, 1, 2].map((i) =>
      (last.translation[i]! - first.translation[i]!) / seconds
    );
  }
}

/**
 * Opens a dataset.
 * @throws {DatasetError} if the version's folder is missing.
 */
export function openDataset(root: string, version: string): Dataset {
  try {
    if (Deno.statSync(`${root}/${version}`).isDirectory) {
      return new Dataset(root, version);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new DatasetError(
    `Cannot open nuScenes ${version}: there is no folder ${root}/${version}. ` +
      `It should hold the 13 tables (scene.json, sample.json, …); unpack the ` +
      `metadata archive of ${version} into ${root}`,
  );
}

function readTable<T extends Table>(path: string, table: T): Rows[T][] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DatasetError(
      `Cannot find the table ${path}. Unpack the metadata archive again: it ` +
        `holds ${table}.json and 12 others`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DatasetError(
      `Cannot parse ${path}: ${(error as Error).message}. ` +
        "The file is damaged; copy it again from the dataset's archive",
    );
  }
}
