/** Every published config builds, trains and exports, at a small size. */
import assert from "node:assert/strict";
import { useTensorFlow } from "../support/backend.ts";
import { publishedFiles } from "../support/configs.ts";
import { shrunk, trial } from "../support/shrunk.ts";
import { tinyWorld } from "../support/stages.ts";

await useTensorFlow();
const folder = await Deno.makeTempDir();
const inputs = await tinyWorld(folder, 3);

/** Files whose networks differ, each with those that only train longer. */
const KINDS = Map.groupBy(publishedFiles(), (file) => {
  const { model, image } = shrunk(file);
  return JSON.stringify([model, image]);
});

for (const [file, ...same] of KINDS.values()) {
  const names = [file, ...same].join(", ");
  Deno.test(`${names}: trains and exports, shrunk`, async () => {
    const { losses, messages } = await trial(file!, inputs, folder);
    assert.equal(losses.length, 2);
    for (const terms of losses) {
      const { loss, grad_norm: norm } = terms;
      assert.ok(loss! > 1 && loss! < 1000, `loss ${loss}`);
      assert.ok(norm! > 0.1 && Number.isFinite(norm), `gradient norm ${norm}`);
      const seen = Object.keys(terms).some((name) =>
        /^(frame_\d_)?enc_loss/.test(name)
      );
      assert.equal(seen, shrunk(file!).model.auxiliary !== null, "2D head");
    }
    assert.ok(
      messages.some((text) =>
        /^the export follows .* over 4 frames/.test(text)
      ),
      messages.join("\n"),
    );
  });
}

Deno.test("the folder of the trials goes", () =>
  Deno.remove(folder, { recursive: true }));
