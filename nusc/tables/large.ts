/**
 * The three tables with up to millions of rows, as columns.
 * @module
 */
import { TokenIndex, tokenText, type Words } from "../json/mod.ts";
import { DatasetError } from "../errors.ts";
import {
  BooleanColumn,
  FirstReferenceColumn,
  NumberColumn,
  ReferenceColumn,
  TextColumn,
  TokenColumn,
} from "./columns.ts";
import { readTable } from "./read.ts";

/** Another table that tokens point into. */
interface Target {
  name: string;
  index: TokenIndex;
}

/** Poses of the car, global frame. */
export interface EgoPoses extends Target {
  /** [n][3] metres. */
  translation: Float64Array;
  /** [n][4] w-first. */
  rotation: Float64Array;
}

export function readEgoPoses(folder: string): EgoPoses {
  const token = new TokenColumn("token");
  const translation = new NumberColumn("translation", 3);
  const rotation = new NumberColumn("rotation", 4);
  const rows = readTable(`${folder}/ego_pose.json`, [
    token,
    rotation,
    translation,
  ]);
  return {
    name: "ego_pose",
    index: new TokenIndex(token.take(rows)),
    translation: translation.take(rows),
    rotation: rotation.take(rows),
  };
}

/** Sensor readings: key frames and sweeps. */
export interface SensorData extends Target {
  rows: number;
  /** [n] rows of `samples`. */
  sample: Int32Array;
  /** [n] rows of `egoPoses`. */
  egoPose: Int32Array;
  /** [n] rows of `calibrations`. */
  calibration: Int32Array;
  /** [n] microseconds. */
  timestamp: Float64Array;
  /** [n] 1 for a key frame. */
  isKeyFrame: Uint8Array;
  /** [n] pixels; 0 where no image. */
  width: Float64Array;
  height: Float64Array;
  /** [n] row of the reading before, or -1. */
  previous: Int32Array;
  /** Path below the dataset's root. */
  filename(row: number): string;
}

export function readSensorData(
  folder: string,
  targets: { sample: Target; egoPose: Target; calibration: Target },
): SensorData {
  const token = new TokenColumn("token");
  const sample = new ReferenceColumn("sample_token", targets.sample);
  const egoPose = new ReferenceColumn("ego_pose_token", targets.egoPose);
  const calibration = new ReferenceColumn(
    "calibrated_sensor_token",
    targets.calibration,
  );
  const timestamp = new NumberColumn("timestamp");
  const isKeyFrame = new BooleanColumn("is_key_frame");
  const height = new NumberColumn("height");
  const width = new NumberColumn("width");
  const filename = new TextColumn("filename");
  const prev = new TokenColumn("prev");
  const rows = readTable(`${folder}/sample_data.json`, [
    token,
    sample,
    egoPose,
    calibration,
    timestamp,
    isKeyFrame,
    height,
    width,
    filename,
    prev,
  ]);
  const index = new TokenIndex(token.take(rows));
  return {
    name: "sample_data",
    rows,
    index,
    sample: sample.take(rows),
    egoPose: egoPose.take(rows),
    calibration: calibration.take(rows),
    timestamp: timestamp.take(rows),
    isKeyFrame: isKeyFrame.take(rows),
    width: width.take(rows),
    height: height.take(rows),
    previous: link(`${folder}/sample_data.json`, "prev", index, prev, rows),
    filename: (row) => filename.text(row),
  };
}

/** Boxes that people drew, global frame. */
export interface Annotations extends Target {
  rows: number;
  /** [n] rows of `samples`. */
  sample: Int32Array;
  /** [n] rows of `instances`. */
  instance: Int32Array;
  /** [n] rows of `visibilities`, -1 for none. */
  visibility: Int32Array;
  /** [n][2] row of the first attribute or -1, and how many there are. */
  attributes: Int32Array;
  /** [n][3] middle, metres. */
  translation: Float64Array;
  /** [n][3] width, length, height, metres. */
  size: Float64Array;
  /** [n][4] w-first. */
  rotation: Float64Array;
  /** [n] rows of this table, -1 for none. */
  previous: Int32Array;
  next: Int32Array;
  /** [n] */
  lidarPoints: Float64Array;
  radarPoints: Float64Array;
}

export function readAnnotations(
  folder: string,
  targets: {
    sample: Target;
    instance: Target;
    visibility: Target;
    attribute: Target;
  },
): Annotations {
  const token = new TokenColumn("token");
  const sample = new ReferenceColumn("sample_token", targets.sample);
  const instance = new ReferenceColumn("instance_token", targets.instance);
  const visibility = new ReferenceColumn(
    "visibility_token",
    targets.visibility,
    true,
  );
  const attributes = new FirstReferenceColumn(
    "attribute_tokens",
    targets.attribute,
  );
  const translation = new NumberColumn("translation", 3);
  const size = new NumberColumn("size", 3);
  const rotation = new NumberColumn("rotation", 4);
  const prev = new TokenColumn("prev");
  const next = new TokenColumn("next");
  const lidar = new NumberColumn("num_lidar_pts");
  const radar = new NumberColumn("num_radar_pts");
  const path = `${folder}/sample_annotation.json`;
  const rows = readTable(path, [
    token,
    sample,
    instance,
    visibility,
    attributes,
    translation,
    size,
    rotation,
    prev,
    next,
    lidar,
    radar,
  ]);
  const index = new TokenIndex(token.take(rows));
  return {
    name: "sample_annotation",
    rows,
    index,
    sample: sample.take(rows),
    instance: instance.take(rows),
    visibility: visibility.take(rows),
    attributes: attributes.take(rows),
    translation: translation.take(rows),
    size: size.take(rows),
    rotation: rotation.take(rows),
    previous: link(path, "prev", index, prev, rows),
    next: link(path, "next", index, next, rows),
    lidarPoints: lidar.take(rows),
    radarPoints: radar.take(rows),
  };
}

/** Tokens of the same table to rows; the empty one to -1. */
function link(
  path: string,
  field: string,
  index: TokenIndex,
  column: TokenColumn,
  rows: number,
): Int32Array {
  const words: Words = column.data;
  const out = new Int32Array(rows);
  for (let row = 0, last = -1; row < rows; row++) {
    const at = 4 * row;
    const found = index.find(words, at, last);
    if (found < 0 && (words[at] || words[at + 1] || words[at + 3])) {
      throw new DatasetError(
        `No row of ${path} has the token "${tokenText(words, row)}" that ` +
          `${field} names in row ${row + 1} (token ` +
          `"${tokenText(index.words, row)}"). Unpack this table again from ` +
          "the dataset's archive",
      );
    }
    out[row] = last = found;
  }
  column.take(0);
  return out;
}
