import assert from "node:assert/strict";
import { boxVelocity, type Dataset, openDataset } from "../../nusc/mod.ts";
import { SCENES, type Tables, tinyTables, token, withDataset } from "./tiny.ts";

/** Asserts the message of opening damaged tables and reading them all. */
async function refuses(
  change: (tables: Tables) => void,
  message: string,
  read: (dataset: Dataset) => unknown = (dataset) => [
    dataset.sceneOfSample,
    dataset.keyFrame(0, "LIDAR_TOP"),
    dataset.annotationsOfSample,
    dataset.categoryOfInstance,
  ],
): Promise<void> {
  const tables = tinyTables();
  change(tables);
  await withDataset(tables, (root) => {
    assert.throws(() => read(openDataset(root)), (error: Error) => {
      assert.equal(error.name, "DatasetError");
      const found = error.message.replaceAll(root, "ROOT")
        .replaceAll(/\.json:\d+:\d+/g, ".json:…");
      assert.equal(found, message);
      return true;
    });
  });
}

const AGAIN = "Unpack this table again from the dataset's archive";
const TOGETHER = "Unpack all tables of one version again into the same folder";

Deno.test("tables open lazily and are linked", async () => {
  await withDataset(tinyTables(), (root) => {
    Deno.writeTextFileSync(`${root}/v1.0-mini/ego_pose.json`, "damaged");
    const dataset = openDataset(root);
    assert.equal(dataset.version, "v1.0-mini");
    assert.deepEqual(dataset.scenes.rows.map((scene) => scene.name), SCENES);
    assert.deepEqual([...dataset.sceneOfSample], [0, 0, 1, 1]);
    assert.deepEqual(dataset.samplesOf([SCENES[1]!]), [2, 3]);
    assert.equal(dataset.annotations.rows, 8);
    assert.deepEqual([...dataset.annotationsOfSample.of(2)], [4, 6]);
    assert.deepEqual([...dataset.annotations.next.subarray(0, 2)], [1, -1]);
    assert.throws(() => dataset.egoPoses, /Found damaged, expected the table/);
  });
});

Deno.test("velocities need a neighbour within a second and a half", async () => {
  const tables = tinyTables();
  for (const sample of tables.sample!.slice(3)) sample.timestamp += 1_200_000;
  tables.sample_annotation![0]!.next = "";
  await withDataset(tables, (root) => {
    const dataset = openDataset(root);
    assert.deepEqual(boxVelocity(dataset, 0), [NaN, NaN, NaN]);
    const [x, y, z] = boxVelocity(dataset, 2);
    assert(Math.abs(y! - 1) < 1e-6 && x === 0 && z === 0);
    assert.deepEqual(boxVelocity(dataset, 6), [NaN, NaN, NaN]);
  });
});

Deno.test("missing folders, versions and tables are named", async () => {
  assert.throws(
    () => openDataset("nowhere"),
    /Found no folder nowhere, expected a nuScenes dataset/,
  );
  await withDataset(tinyTables(), async (root) => {
    assert.throws(
      () => openDataset(`${root}/v1.0-mini`),
      /Found no version in .*, expected a folder such as v1.0-mini. It holds tables itself: name the folder that holds it/,
    );
    await Deno.mkdir(`${root}/empty`);
    assert.throws(
      () => openDataset(`${root}/empty`),
      /Found no version in .*empty, .* Unpack the metadata archive there or/,
    );
    assert.throws(
      () => openDataset(root, "v1.0-trainval"),
      /Found no version v1.0-trainval in .*, only v1.0-mini. Unpack/,
    );
    await Deno.remove(`${root}/v1.0-mini/log.json`);
    await Deno.remove(`${root}/v1.0-mini/map.json`);
    assert.throws(
      () => openDataset(root),
      /Found no log.json, map.json in .*\/v1.0-mini. Unpack the metadata/,
    );
    await Deno.mkdir(`${root}/v1.0-test`);
    assert.throws(
      () => openDataset(root),
      /Found 2 versions in .* \(v1.0-.*\), expected one. Name the version/,
    );
  });
});

Deno.test("tokens that lead nowhere are named with table and field", async () => {
  const gone = token("gone");
  await refuses(
    (tables) => tables.sample_data![3]!.ego_pose_token = gone,
    `No row of ego_pose.json has the token "${gone}" that ego_pose_token ` +
      "names in ROOT/v1.0-mini/sample_data.json:… (row 4). " + TOGETHER,
  );
  await refuses(
    (tables) => tables.sample_annotation![1]!.attribute_tokens = [gone],
    `No row of attribute.json has the token "${gone}" that ` +
      "attribute_tokens names in ROOT/v1.0-mini/sample_annotation.json:… " +
      `(row 2). ${TOGETHER}`,
  );
  await refuses(
    (tables) => tables.sample_annotation![1]!.next = gone,
    "No row of ROOT/v1.0-mini/sample_annotation.json has the token " +
      `"${gone}" that next names in row 2 (token ` +
      `"${token("ann scene-0103 car 1")}"). ${AGAIN}`,
  );
  await refuses(
    (tables) => tables.sample![0]!.scene_token = gone,
    `No row of scene.json has the token "${gone}" that scene_token of the ` +
      `sample "${token("sample scene-0103 0")}" names. ${TOGETHER}`,
  );
  await refuses(
    (tables) => tables.sample_data![6]!.is_key_frame = false,
    "No key frame of LIDAR_TOP in ROOT/v1.0-mini/sample_data.json for the " +
      `sample "${token("sample scene-0103 0")}". ${TOGETHER}`,
  );
});

Deno.test("fields that are missing or of a wrong type are named", async () => {
  await refuses(
    (tables) => delete tables.sample_data![2]!.filename,
    'Found a row without "filename" in ROOT/v1.0-mini/sample_data.json:… ' +
      `(row 3). ${AGAIN}`,
  );
  await refuses(
    (tables) => tables.ego_pose![0]!.translation = [1, 2],
    "Found ], expected translation with exactly 3 numbers in " +
      `ROOT/v1.0-mini/ego_pose.json:… (row 1). ${AGAIN}`,
  );
  await refuses(
    (tables) => tables.sample_annotation![0]!.size = [1, null, 2],
    "Found null, expected size as a finite number in " +
      `ROOT/v1.0-mini/sample_annotation.json:… (row 1). ${AGAIN}`,
  );
  await refuses(
    (tables) => tables.sample![1]!.timestamp = "late",
    'Found "late", expected timestamp as a finite number in ' +
      `ROOT/v1.0-mini/sample.json:… (row 2). ${AGAIN}`,
  );
});

Deno.test("rotations of length 0 turn nothing and are refused", async () => {
  const first = tinyTables().ego_pose![2]!.token;
  await refuses(
    (tables) => tables.ego_pose![2]!.rotation = [0, 0, 0, 0],
    "Found a rotation of length 0 in row 3 of ROOT/v1.0-mini/ego_pose.json " +
      `(token "${first}"), expected a quaternion w, x, y, z. ${AGAIN}`,
  );
  const box = tinyTables().sample_annotation![0]!.token;
  await refuses(
    (tables) => tables.sample_annotation![0]!.rotation = [0, 0, 0, 0],
    "Found a rotation of length 0 in row 1 of ROOT/v1.0-mini/" +
      `sample_annotation.json (token "${box}"), expected a quaternion w, x, ` +
      `y, z. ${AGAIN}`,
  );
  for (const rotation of [[0, 0, 0, 0], [1, 0, 0]]) {
    await refuses(
      (tables) => tables.calibrated_sensor![1]!.rotation = rotation,
      "Found [, expected rotation as a quaternion [w, x, y, z] of finite " +
        "numbers, not all 0 in ROOT/v1.0-mini/calibrated_sensor.json:… " +
        `(row 2). ${AGAIN}`,
    );
  }
});

Deno.test("a table that is cut off is told with its place", async () => {
  await withDataset(tinyTables(), (root) => {
    const path = `${root}/v1.0-mini/sample_annotation.json`;
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.slice(0, text.length / 2));
    assert.throws(
      () => openDataset(root).annotations,
      /The file ends in the middle of a value in .*sample_annotation.json:\d+:\d+ \(row \d+\)/,
    );
  });
});
