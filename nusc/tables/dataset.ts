/**
 * A nuScenes v1.0 folder. Tables are read when first asked for, and so are
 * the indexes over them.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { tokenText } from "../json/mod.ts";
import { chainOf } from "./chain.ts";
import { findTables } from "./files.ts";
import {
  type Annotations,
  type EgoPoses,
  readAnnotations,
  readEgoPoses,
  readSensorData,
  type SensorData,
} from "./large.ts";
import { group, type Groups } from "./groups.ts";
import { readRows, rowOf, type Rows } from "./rows.ts";
import { checkNames } from "./valid.ts";

/** A drive of twenty seconds. */
export interface Scene {
  /** Row of this table. */
  token: string;
  /** Such as `scene-0103`. */
  name: string;
  /** What happens, in a few words. */
  description: string;
  /** Key frames that it should have. */
  nbr_samples: number;
  /** The scene's first key frame. */
  first_sample_token: string;
  /** The scene's last key frame. */
  last_sample_token: string;
}

/** A key frame. */
export interface Sample {
  /** Row of this table. */
  token: string;
  /** Microseconds. */
  timestamp: number;
  /** The key frame before, or empty. */
  prev: string;
  /** The key frame behind, or empty. */
  next: string;
  /** The scene that it belongs to. */
  scene_token: string;
}

/** How a sensor is mounted. */
export interface Calibration {
  /** Row of this table. */
  token: string;
  /** Row of `sensor.json`. */
  sensor_token: string;
  /** [3] metres: where the sensor sits in the ego frame. */
  translation: number[];
  /** [4] w, x, y, z: ego from sensor. */
  rotation: number[];
  /** [3][3] pixels from rays, of a camera; else empty. */
  camera_intrinsic: number[][];
  /** Such as `CAM_FRONT`. */
  channel: string;
}

/** Opens the tables of a version; the only one there is by default. */
export function openDataset(root: string, version?: string): Dataset {
  return new Dataset(root, findTables(root, version));
}

/** The tables of one version of nuScenes. */
export class Dataset {
  /** Folder that holds `samples`, `sweeps`, `maps` and the versions. */
  readonly root: string;
  /** Such as `v1.0-mini`. */
  readonly version: string;
  /** Folder of the tables. */
  readonly folder: string;
  readonly #made = new Map<string, unknown>();

  /**
   * Reads nothing yet.
   * @param version name of a folder of tables below the root
   */
  constructor(root: string, version: string) {
    this.root = root;
    this.version = version;
    this.folder = `${root}/${version}`;
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name) as T;
  }

  /** Drives of about twenty seconds, `scene.json`. */
  get scenes(): Rows<Scene> {
    return this.#once("scenes", () =>
      checkNames(
        `${this.folder}/scene.json`,
        readRows(this.folder, "scene", {
          name: "text",
          description: "text",
          nbr_samples: "number",
          first_sample_token: "text",
          last_sample_token: "text",
        }),
      ));
  }

  /** Key frames, `sample.json`. */
  get samples(): Rows<Sample> {
    return this.#once("samples", () =>
      readRows(this.folder, "sample", {
        timestamp: "number",
        prev: "text",
        next: "text",
        scene_token: "text",
      }));
  }

  /** [samples] rows of `scenes`. */
  get sceneOfSample(): Int32Array {
    return this.#once(
      "sceneOfSample",
      () =>
        Int32Array.from(this.samples.rows, (sample) =>
          rowOf(
            this.scenes,
            sample.scene_token,
            `scene_token of the sample "${sample.token}"`,
          )),
    );
  }

  /** Rows of `samples` by scene, in file order. */
  get samplesOfScene(): Groups {
    return this.#once(
      "samplesOfScene",
      () => group(this.sceneOfSample, this.scenes.rows.length),
    );
  }

  /**
   * Mounted sensors, `calibrated_sensor.json` with the channels of
   * `sensor.json`.
   */
  get calibrations(): Rows<Calibration> {
    return this.#once("calibrations", () => {
      const sensors = readRows(this.folder, "sensor", { channel: "text" });
      const table = readRows(this.folder, "calibrated_sensor", {
        sensor_token: "text",
        translation: "vector",
        rotation: "quaternion",
        camera_intrinsic: "matrix",
      });
      const rows = table.rows.map((row) => {
        const by = `sensor_token of the calibrated_sensor "${row.token}"`;
        const sensor = sensors.rows[rowOf(sensors, row.sensor_token, by)]!;
        return { ...row, channel: sensor.channel };
      });
      return { ...table, rows };
    });
  }

  /** Kinds of objects, `category.json`. */
  get categories(): Rows<{ token: string; name: string }> {
    return this.#once(
      "categories",
      () => readRows(this.folder, "category", { name: "text" }),
    );
  }

  /** States of objects, `attribute.json`. */
  get attributes(): Rows<{ token: string; name: string }> {
    return this.#once(
      "attributes",
      () => readRows(this.folder, "attribute", { name: "text" }),
    );
  }

  /** Bins of visibility, `visibility.json`. */
  get visibilities(): Rows<{ token: string }> {
    return this.#once(
      "visibilities",
      () => readRows(this.folder, "visibility", {}),
    );
  }

  /** Objects, `instance.json`. */
  get instances(): Rows<{ token: string; category_token: string }> {
    return this.#once(
      "instances",
      () => readRows(this.folder, "instance", { category_token: "text" }),
    );
  }

  /** [instances] category names. */
  get categoryOfInstance(): string[] {
    return this.#once(
      "categoryOfInstance",
      () =>
        this.instances.rows.map((instance) => {
          const by = `category_token of the instance "${instance.token}"`;
          const row = rowOf(this.categories, instance.category_token, by);
          return this.categories.rows[row]!.name;
        }),
    );
  }

  /** Poses of the car, `ego_pose.json`. */
  get egoPoses(): EgoPoses {
    return this.#once("egoPoses", () => readEgoPoses(this.folder));
  }

  /** Sensor readings, `sample_data.json`. */
  get sensorData(): SensorData {
    return this.#once("sensorData", () =>
      readSensorData(this.folder, {
        sample: this.samples,
        egoPose: this.egoPoses,
        calibration: this.calibrations,
      }));
  }

  /** Boxes, `sample_annotation.json`. */
  get annotations(): Annotations {
    return this.#once("annotations", () =>
      readAnnotations(this.folder, {
        sample: this.samples,
        instance: this.instances,
        visibility: this.visibilities,
        attribute: this.attributes,
      }));
  }

  /** Rows of `annotations` by sample, in file order. */
  get annotationsOfSample(): Groups {
    return this.#once(
      "annotationsOfSample",
      () => group(this.annotations.sample, this.samples.rows.length),
    );
  }

  /** Key frames' rows of `sensorData` by channel: [samples], -1 for none. */
  get keyFrames(): Record<string, Int32Array> {
    return this.#once("keyFrames", () => {
      const data = this.sensorData;
      const { rows } = this.calibrations;
      const found: Record<string, Int32Array> = {};
      for (let row = 0; row < data.rows; row++) {
        if (!data.isKeyFrame[row]) continue;
        const { channel } = rows[data.calibration[row]!]!;
        found[channel] ??= new Int32Array(this.samples.rows.length).fill(-1);
        const sample = data.sample[row]!;
        const other = found[channel][sample]!;
        if (other >= 0) this.#refuseKeyFrames(channel, sample, other, row);
        found[channel][sample] = row;
      }
      return found;
    });
  }

  #refuseKeyFrames(
    channel: string,
    sample: number,
    ...rows: [number, number]
  ): never {
    const [first, second] = rows.map((row) =>
      `row ${row + 1} (token "${this.tokenOf(this.sensorData, row)}")`
    );
    throw new DatasetError(
      `Found two key frames of ${channel} for the sample ` +
        `"${this.samples.rows[sample]!.token}" in ${this.folder}/` +
        `sample_data.json: ${first} and ${second}. Unpack this table again ` +
        "from the dataset's archive",
    );
  }

  /** Row of `sensorData` of a sensor's key frame. */
  keyFrame(sample: number, channel: string): number {
    const row = this.keyFrames[channel]?.[sample] ?? -1;
    if (row >= 0) return row;
    throw new DatasetError(
      `No key frame of ${channel} in ${this.folder}/sample_data.json for the ` +
        `sample "${this.samples.rows[sample]!.token}". Unpack all tables of ` +
        "one version again into the same folder",
    );
  }

  /** Rows of `samples` of the named scenes, in file order. */
  samplesOf(scenes: Iterable<string>): number[] {
    const names = new Set(scenes);
    const wanted = this.scenes.rows.map((scene) => names.has(scene.name));
    return this.samples.rows.flatMap((_, row) =>
      wanted[this.sceneOfSample[row]!] ? [row] : []
    );
  }

  /**
   * Rows of `samples` of a scene, in time, checked once.
   * @param scene row of `scenes`
   * @throws {DatasetError} if its samples are no chain or it is cut short
   */
  timelineOf(scene: number): readonly number[] {
    return this.#once(`timeline ${scene}`, () => chainOf(this, scene));
  }

  /** Token of a row of a large table. */
  tokenOf(table: { index: { words: Int32Array } }, row: number): string {
    return tokenText(table.index.words, row);
  }
}
