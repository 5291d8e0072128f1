/**
 * References between tables that no other command follows.
 * @module
 */
import { DatasetError } from "../errors.ts";
import { type Dataset, readRows, rowOf } from "../tables/mod.ts";

/**
 * Follows the tokens of drives, maps and objects.
 * @throws {DatasetError} for the first that leads nowhere or astray
 */
export function checkReferences(dataset: Dataset): void {
  const { folder } = dataset;
  const logs = readRows(folder, "log", {});
  const scenes = readRows(folder, "scene", { log_token: "text" });
  for (const { token, log_token } of scenes.rows) {
    rowOf(logs, log_token, `log_token of the scene "${token}"`);
  }
  const maps = readRows(folder, "map", { log_tokens: "texts" });
  for (const { token, log_tokens } of maps.rows) {
    for (const log of log_tokens) {
      rowOf(logs, log, `log_tokens of the map "${token}"`);
    }
  }
  checkInstances(dataset);
}

/** Whether objects and their boxes say the same of each other. */
function checkInstances(dataset: Dataset): void {
  const { folder, annotations } = dataset;
  const { rows } = readRows(folder, "instance", {
    first_annotation_token: "text",
    last_annotation_token: "text",
  });
  rows.forEach((instance, row) => {
    for (const end of ["first", "last"] as const) {
      const token = instance[`${end}_annotation_token`];
      const found = annotations.index.findText(token);
      if (found >= 0 && annotations.instance[found] === row) continue;
      throw new DatasetError(
        `${end}_annotation_token of the instance "${instance.token}" in ` +
          `${folder}/instance.json names "${token}", which is no annotation ` +
          "of it. Unpack all tables of one version again into the same folder",
      );
    }
  });
}
