import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import sharp from "sharp";
import {
  channelOf,
  type Dataset,
  type Row,
  TINY,
  withWorld,
} from "./support.ts";

const LINKS: Record<string, Record<string, string>> = {
  scene: {
    log_token: "log",
    first_sample_token: "sample",
    last_sample_token: "sample",
  },
  sample: { scene_token: "scene" },
  sample_data: {
    sample_token: "sample",
    ego_pose_token: "ego_pose",
    calibrated_sensor_token: "calibrated_sensor",
  },
  calibrated_sensor: { sensor_token: "sensor" },
  sample_annotation: {
    sample_token: "sample",
    instance_token: "instance",
    visibility_token: "visibility",
  },
  instance: {
    category_token: "category",
    first_annotation_token: "sample_annotation",
    last_annotation_token: "sample_annotation",
  },
};

function follow(dataset: Dataset, table: string, first: Row): Row[] {
  const rows = [first];
  while (rows.at(-1)!.next !== "") {
    const next = dataset.get(table, rows.at(-1)!.next);
    assert.equal(next.prev, rows.at(-1)!.token);
    rows.push(next);
  }
  return rows;
}

Deno.test("a generated world has nuScenes' thirteen tables, well linked", async () => {
  await withWorld(TINY, (dataset) => {
    const { tables } = dataset;
    assert.deepEqual(Object.keys(tables).sort(), [
      "attribute",
      "calibrated_sensor",
      "category",
      "ego_pose",
      "instance",
      "log",
      "map",
      "sample",
      "sample_annotation",
      "sample_data",
      "scene",
      "sensor",
      "visibility",
    ]);
    for (const [table, rows] of Object.entries(tables)) {
      const tokens = new Set(rows.map((row) => row.token));
      assert.equal(tokens.size, rows.length, `${table} has equal tokens`);
      for (const row of rows) {
        if (table !== "visibility") assert.match(row.token, /^[0-9a-f]{32}$/);
        for (const [key, target] of Object.entries(LINKS[table] ?? {})) {
          dataset.get(target, row[key]);
        }
      }
    }
    for (const annotation of tables.sample_annotation!) {
      for (const token of annotation.attribute_tokens) {
        dataset.get("attribute", token);
      }
    }
    const logs = tables.map!.flatMap((map) => map.log_tokens).sort();
    assert.deepEqual(logs, tables.log!.map((log) => log.token).sort());
  });
});

Deno.test("chains run through scenes, readings and objects in time", async () => {
  await withWorld(TINY, (dataset) => {
    const { tables } = dataset;
    assert.deepEqual(tables.scene!.map((s) => s.name), [
      "scene-0061",
      "scene-0103",
    ]);
    for (const scene of tables.scene!) {
      const samples = follow(
        dataset,
        "sample",
        dataset.get("sample", scene.first_sample_token),
      );
      assert.equal(samples.length, 3);
      assert.equal(scene.nbr_samples, 3);
      assert.equal(samples.at(-1)!.token, scene.last_sample_token);
      for (const [i, sample] of samples.slice(1).entries()) {
        const gap = sample.timestamp - samples[i]!.timestamp;
        assert.ok(
          Math.abs(gap - 500_000) < 1000,
          `${gap} us between key frames`,
        );
      }
    }
    for (const data of tables.sample_data!.filter((row) => row.prev === "")) {
      const chain = follow(dataset, "sample_data", data);
      assert.equal(chain.length, 3);
      assert.equal(
        new Set(chain.map((row) => channelOf(dataset, row))).size,
        1,
      );
    }
    for (const instance of tables.instance!) {
      const first = dataset.get(
        "sample_annotation",
        instance.first_annotation_token,
      );
      const chain = follow(dataset, "sample_annotation", first);
      assert.equal(first.prev, "");
      assert.equal(chain.length, instance.nbr_annotations);
      assert.equal(chain.at(-1)!.token, instance.last_annotation_token);
      assert.ok(first.num_lidar_pts > 0 && chain.at(-1)!.num_lidar_pts > 0);
    }
    const counted = tables.instance!.reduce(
      (sum, i) => sum + i.nbr_annotations,
      0,
    );
    assert.equal(counted, tables.sample_annotation!.length);
  });
});

Deno.test("every reading has its file, with the size that its row says", async () => {
  await withWorld(TINY, async (dataset) => {
    for (const data of dataset.tables.sample_data!) {
      const file = `${dataset.root}/${data.filename}`;
      const channel = channelOf(dataset, data);
      assert.match(
        data.filename,
        new RegExp(
          `^samples/${channel}/n0\\d\\d-.*__${channel}__${data.timestamp}\\.(jpg|pcd\\.bin)$`,
        ),
      );
      assert.equal(
        dataset.get("ego_pose", data.ego_pose_token).timestamp,
        data.timestamp,
      );
      const sample = dataset.get("sample", data.sample_token);
      if (channel === "LIDAR_TOP") {
        assert.equal(data.timestamp, sample.timestamp);
        const { size } = await stat(file);
        assert.ok(size > 20_000 && size % 20 === 0, `${size} bytes of points`);
        continue;
      }
      const { width, height, format } = await sharp(file).metadata();
      assert.deepEqual([width, height, format], [160, 90, "jpeg"]);
      assert.deepEqual([data.width, data.height], [160, 90]);
      const delay = data.timestamp - sample.timestamp;
      assert.ok(
        delay < 0 && delay > -50_000,
        `${channel} ${delay} us from the LiDAR`,
      );
    }
    for (const map of dataset.tables.map!) {
      await stat(`${dataset.root}/${map.filename}`);
    }
  });
});

Deno.test("sweeps join the chains between key frames", async () => {
  const options = { ...TINY, valScenes: 0, sweeps: true };
  await withWorld(options, async (dataset) => {
    const heads = dataset.tables.sample_data!.filter((row) => row.prev === "");
    assert.equal(heads.length, 7);
    for (const head of heads) {
      const chain = follow(dataset, "sample_data", head);
      const lidar = channelOf(dataset, head) === "LIDAR_TOP";
      const steps = lidar ? 10 : 6;
      assert.equal(chain.length, 2 * steps + 1);
      for (const [i, row] of chain.entries()) {
        assert.equal(row.is_key_frame, i % steps === 0);
        assert.ok(
          row.filename.startsWith(row.is_key_frame ? "samples/" : "sweeps/"),
        );
        await stat(`${dataset.root}/${row.filename}`);
        if (row.is_key_frame) continue;
        const key = chain[Math.ceil(i / steps) * steps]!;
        assert.equal(row.sample_token, key.sample_token);
        assert.ok(row.timestamp > chain[i - 1]!.timestamp);
      }
    }
  });
});
