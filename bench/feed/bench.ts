/**
 * Six camera images to network input, beside Pillow.
 * @module
 */
import { existsSync } from "node:fs";
import { measurePeer } from "../peer/python.ts";
import { atMost, type Bench, ratioGoal } from "../run/bench.ts";
import { measureOurs } from "../run/child.ts";

/** Decode, resize, crop, flip and normalise as training does it. */
export const feed: Bench = {
  description: "six JPEGs of 1600x900 to input of 256x704, 60 frames",
  async run({ dir, python, say }) {
    const root = await imagesIn(dir, say);
    const ours = await measureOurs("feed/ours.ts", [root]);
    say(`feed: ${JSON.stringify(ours.facts)}`);
    const peer = python
      ? await measurePeer(python, "feed.py", [root])
      : undefined;
    if (peer && peer.facts.sum !== ours.facts.sum) {
      throw new Error(
        `Found pixels that add up to ${ours.facts.sum}, the peer says ` +
          peer.facts.sum,
      );
    }
    const goals = [
      atMost(Number(ours.facts.cpuMs), 60, "ms of one core a frame"),
      ratioGoal({ ours, peer }, 1.5),
    ];
    return [{ what: this.description, ours, peer, goals }];
  },
};

/** The folder of the images, which are made at the first time. */
export async function imagesIn(
  dir: string,
  say: (text: string) => void,
): Promise<string> {
  const root = `${dir}/feed`;
  if (!existsSync(`${root}/made`)) {
    say("feed: the images, made at the first time");
    await measureOurs("feed/images.ts", [root]);
  }
  return root;
}
