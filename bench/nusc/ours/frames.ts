/**
 * create-data's frames of all samples, as the lines that it would write.
 *
 *     frames.ts ROOT VERSION
 * @module
 */
import { createFrames, openDataset } from "../../../nusc/mod.ts";
import { report } from "../../run/report.ts";

const [root, version] = Deno.args as [string, string];
await report(async () => {
  const dataset = openDataset(root, version);
  const samples = dataset.samples.rows.map((_, row) => row);
  const frames = createFrames(dataset, samples, { checkFiles: false });
  let boxes = 0, characters = 0;
  for await (const frame of frames) {
    boxes += frame.gt_boxes.length;
    characters += JSON.stringify(frame).length + 1;
  }
  return { samples: samples.length, boxes, characters };
});
