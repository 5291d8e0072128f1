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
import { checkRotations, uniqueIndex } from "./valid.ts";

/** A table that tokens point into. */
export interface Target {
  /** Name of the table. */
  name: string;
  /** Row numbers by token. */
  index: TokenIndex;
}

/** Poses of the car, global frame. */
export interface EgoPoses extends Target {
  /** [n][3] metres: where the ego is. */
  translation: Float64Array;
  /** [n][4] w, x, y, z: global from ego. */
  rotation: Float64Array;
}

/** Reads `ego_pose.json` of a version's folder. */
export function readEgoPoses(folder: string): EgoPoses {
  const token = new TokenColumn("token");
  const translation = new NumberColumn("translation", 3);
  const rotation = new NumberColumn("rotation", 4);
  const path = `${folder}/ego_pose.json`;
  const rows = readTable(path, [token, rotation, translation]);
  const index = uniqueIndex(path, new TokenIndex(token.take(rows)));
  return {
    name: "ego_pose",
    index,
    translation: translation.take(rows),
    rotation: checkRotations(path, rotation.take(rows), index),
  };
}

/** Sensor readings: key frames and sweeps. */
export interface SensorData extends Target {
  /** Number of readings. */
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
  /** [n] pixels, likewise. */
  height: Float64Array;
  /** [n] row of the reading before, or -1. */
  previous: Int32Array;
  /** Path below the dataset's root. */
  filename(row: number): string;
}

/** Reads `sample_data.json`; tokens become rows of the targets. */
export function readSensorData(
  folder: string,
  targets: { sample: Target; egoPose: Target; calibration: Target },
): SensorData {
  const path = `${folder}/sample_data.json`;
  const columns = {
    token: new TokenColumn("token"),
    sample: new ReferenceColumn("sample_token", targets.sample),
    egoPose: new ReferenceColumn("ego_pose_token", targets.egoPose),
    calibration: new ReferenceColumn(
      "calibrated_sensor_token",
      targets.calibration,
    ),
    timestamp: new NumberColumn("timestamp"),
    isKeyFrame: new BooleanColumn("is_key_frame"),
    height: new NumberColumn("height"),
    width: new NumberColumn("width"),
    filename: new TextColumn("filename"),
    prev: new TokenColumn("prev"),
  };
  const rows = readTable(path, Object.values(columns));
  const index = uniqueIndex(path, new TokenIndex(columns.token.take(rows)));
  return {
    name: "sample_data",
    rows,
    index,
    sample: columns.sample.take(rows),
    egoPose: columns.egoPose.take(rows),
    calibration: columns.calibration.take(rows),
    timestamp: columns.timestamp.take(rows),
    isKeyFrame: columns.isKeyFrame.take(rows),
    width: columns.width.take(rows),
    height: columns.height.take(rows),
    previous: link(path, "prev", index, columns.prev, rows),
    filename: (row) => columns.filename.text(row),
  };
}

/** Boxes that people drew, global frame. */
export interface Annotations extends Target {
  /** Number of boxes. */
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
  /** [n][4] w, x, y, z: global from the box's axes, of which x is its length. */
  rotation: Float64Array;
  /** [n] rows of this table, -1 for none. */
  previous: Int32Array;
  /** [n] rows of this table, -1 for none. */
  next: Int32Array;
  /** [n] LiDAR points inside. */
  lidarPoints: Float64Array;
  /** [n] radar points inside. */
  radarPoints: Float64Array;
}

/** Reads `sample_annotation.json`; tokens become rows of the targets. */
export function readAnnotations(
  folder: string,
  targets: {
    sample: Target;
    instance: Target;
    visibility: Target;
    attribute: Target;
  },
): Annotations {
  const path = `${folder}/sample_annotation.json`;
  const columns = annotationColumns(targets);
  const rows = readTable(path, Object.values(columns));
  const index = uniqueIndex(path, new TokenIndex(columns.token.take(rows)));
  return {
    name: "sample_annotation",
    rows,
    index,
    sample: columns.sample.take(rows),
    instance: columns.instance.take(rows),
    visibility: columns.visibility.take(rows),
    attributes: columns.attributes.take(rows),
    translation: columns.translation.take(rows),
    size: columns.size.take(rows),
    rotation: checkRotations(path, columns.rotation.take(rows), index),
    previous: link(path, "prev", index, columns.prev, rows),
    next: link(path, "next", index, columns.next, rows),
    lidarPoints: columns.lidarPoints.take(rows),
    radarPoints: columns.radarPoints.take(rows),
  };
}

/** In the order in which rows list them. */
function annotationColumns(
  targets: Parameters<typeof readAnnotations>[1],
) {
  const { sample, instance, visibility, attribute } = targets;
  return {
    token: new TokenColumn("token"),
    sample: new ReferenceColumn("sample_token", sample),
    instance: new ReferenceColumn("instance_token", instance),
    visibility: new ReferenceColumn("visibility_token", visibility, true),
    attributes: new FirstReferenceColumn("attribute_tokens", attribute),
    translation: new NumberColumn("translation", 3),
    size: new NumberColumn("size", 3),
    rotation: new NumberColumn("rotation", 4),
    prev: new TokenColumn("prev"),
    next: new TokenColumn("next"),
    lidarPoints: new NumberColumn("num_lidar_pts"),
    radarPoints: new NumberColumn("num_radar_pts"),
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
