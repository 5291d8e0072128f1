/**
 * The images that are read: a generated world in the dataset's size.
 *
 *     images.ts ROOT
 * @module
 */
import { generateWorld } from "../../nusc/world/mod.ts";
import { report } from "../run/report.ts";

const [root] = Deno.args as [string];
await report(async () => {
  const { frames } = await generateWorld(root, {
    ...{ trainScenes: 1, valScenes: 1, trainFrames: 9, valFrames: 1 },
    ...{ width: 1600, height: 900 },
  });
  await Deno.writeTextFile(`${root}/made`, "");
  return { frames };
});
