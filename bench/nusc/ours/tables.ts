/**
 * Opens all tables of a version and links them.
 *
 *     tables.ts ROOT VERSION
 * @module
 */
import { openDataset } from "../../../nusc/mod.ts";
import { report } from "../../run/report.ts";

const [root, version] = Deno.args as [string, string];
await report(() => {
  const dataset = openDataset(root, version);
  const { sensorData, annotations, egoPoses } = dataset;
  const samples = dataset.samples.rows.length;
  const last = dataset.keyFrame(samples - 1, "LIDAR_TOP");
  return {
    samples,
    readings: sensorData.rows,
    annotations: annotations.rows,
    annotated: dataset.annotationsOfSample.of(samples - 1).length,
    pose: egoPoses.translation[3 * sensorData.egoPose[last]!]!,
  };
});
