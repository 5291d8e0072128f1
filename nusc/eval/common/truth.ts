/**
 * Annotations as boxes to be found.
 * @module
 */
import {
  ATTRIBUTES,
  DETECTION_NAMES,
  DETECTION_OF_CATEGORY,
} from "../../categories.ts";
import { DatasetError } from "../../errors.ts";
import { NO_ATTRIBUTE, type ResultBoxes } from "../../results/mod.ts";
import { boxVelocity, type Dataset } from "../../tables/mod.ts";

/** Ground truth in the form of results, with what only it has. */
export interface TruthBoxes extends ResultBoxes {
  /** [n] LiDAR and radar points inside. */
  points: Float64Array;
  /** [n] rows of the dataset's `annotations`. */
  annotation: Int32Array;
}

/**
 * Ground truth of samples, in their order, boxes in table order.
 * @throws {DatasetError} if the dataset has no annotations at all
 * @param labels class names; annotations of other classes are left out
 */
export function truthBoxes(
  dataset: Dataset,
  samples: readonly number[],
  labels: readonly string[],
): TruthBoxes {
  const labelOf = dataset.categoryOfInstance.map((category) =>
    labels.indexOf(DETECTION_OF_CATEGORY[category] ?? "")
  );
  const { annotations } = dataset;
  if (!annotations.rows) {
    throw new DatasetError(
      `Found no annotations in ${dataset.folder}/sample_annotation.json, ` +
        "expected ground truth to evaluate against. nuScenes keeps that of " +
        "v1.0-test: submit the results to its server, or evaluate on val",
    );
  }
  const { sample, instance, lidarPoints, radarPoints } = annotations;
  const rows = samples.flatMap((row) =>
    [...dataset.annotationsOfSample.of(row)].filter((annotation) =>
      labelOf[instance[annotation]!]! >= 0
    )
  );
  const velocity = new Float64Array(2 * rows.length);
  rows.forEach((row, i) =>
    velocity.set(boxVelocity(dataset, row).slice(0, 2), 2 * i)
  );
  return {
    count: rows.length,
    annotation: Int32Array.from(rows),
    sample: Int32Array.from(rows, (row) => sample[row]!),
    translation: pick(annotations.translation, rows, 3),
    size: pick(annotations.size, rows, 3),
    rotation: pick(annotations.rotation, rows, 4),
    velocity,
    score: new Float64Array(rows.length).fill(-1),
    label: Uint8Array.from(rows, (row) => labelOf[instance[row]!]!),
    // Tracking has no attributes, so that odd ones are no mistake there.
    attribute: labels === DETECTION_NAMES
      ? attributesOf(dataset, rows)
      : new Uint8Array(rows.length).fill(NO_ATTRIBUTE),
    track: Int32Array.from(rows, (row) => instance[row]!),
    trackIds: dataset.instances.rows.map(({ token }) => token),
    points: Float64Array.from(
      rows,
      (row) => lidarPoints[row]! + radarPoints[row]!,
    ),
  };
}

/** Rows of a table of `width` columns. */
function pick(
  from: Float64Array,
  rows: readonly number[],
  width: number,
): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let k = 0; k < width; k++) {
      out[width * i + k] = from[width * row + k]!;
    }
  });
  return out;
}

function attributesOf(dataset: Dataset, rows: readonly number[]): Uint8Array {
  const { annotations, attributes } = dataset;
  const names: readonly string[] = ATTRIBUTES;
  const indexes = attributes.rows.map((row) => names.indexOf(row.name));
  return Uint8Array.from(rows, (row) => {
    const [first, count] = annotations.attributes.subarray(
      2 * row,
      2 * row + 2,
    );
    if (count === 0) return NO_ATTRIBUTE;
    const index = indexes[first!]!;
    if (count === 1 && index >= 0) return index;
    throw new DatasetError(
      `Found ${count} attributes, "${attributes.rows[first!]!.name}" first, ` +
        `of the annotation "${dataset.tokenOf(annotations, row)}" in ` +
        `${dataset.folder}/sample_annotation.json, expected at most one of ` +
        `${names.join(", ")}. Unpack the metadata archive again`,
    );
  });
}
