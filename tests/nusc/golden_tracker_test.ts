import assert from "node:assert/strict";
import { openDataset, trackResults } from "../../nusc/mod.ts";
import { compare, golden, goldenFolder, holds } from "./support.ts";

for (const matching of ["greedy", "hungarian"] as const) {
  Deno.test(`the ${matching} tracker's boxes, order and ids equal StreamPETR's`, async () => {
    const folder = await Deno.makeTempDir();
    const out = `${folder}/tracking_results.json`;
    const count = await trackResults(
      openDataset(`${goldenFolder()}/db`, "v1.0-mini"),
      `${goldenFolder()}/detection/detection_results.json`,
      out,
      { split: "mini_val", matching },
    );
    const { results, meta } = JSON.parse(await Deno.readTextFile(out));
    // Through JSON, which writes -0 as 0.
    const recorded = JSON.parse(
      JSON.stringify(golden(`tracker/${matching}/tracking_result.json`)),
    ).results;
    assert.equal(count, Object.keys(recorded).length);
    assert.deepEqual(results, recorded);
    const same = compare(results, recorded);
    holds(`tracker/${matching}`, "tracking_result", same, 0);
    // The original calls its input LiDAR whatever it is; ours passes it on.
    const { meta: given } = golden("detection/detection_results.json");
    assert.deepEqual(meta, given);
    await Deno.remove(folder, { recursive: true });
  });
}
