import assert from "node:assert/strict";
import { mergeParams } from "../../models/nn/mod.ts";
import { buildFocalHead } from "../../models/streampetr/focal/head.ts";
import { R50_704 } from "../../models/streampetr/config.ts";
import { r50Detector } from "../support/detector.ts";
import { goldenJson } from "../support/golden.ts";

/** A row of the original's state dict. */
interface Entry {
  name: string;
  shape: number[];
  alias_of: string | null;
  trainable: boolean;
  kind: "param" | "buffer";
}

const full = await goldenJson("full_params");
// Batch norms of torch count their batches; nothing ever reads it.
const entries = (full.state_dict as Entry[])
  .filter(({ name }) => !name.endsWith(".num_batches_tracked"));

const detector = r50Detector({
  ...R50_704,
  queries: 300,
  propagated: 128,
  memory: 512,
  topk: 128,
});
const focal = buildFocalHead({
  name: "img_roi_head",
  channels: 256,
  classes: 10,
  stride: 16,
  imageHeight: 256,
  imageWidth: 704,
});
const specs = mergeParams(detector, focal);
const sizes = Object.entries(specs).map(([name, spec]) => ({
  name,
  size: spec.shape.reduce((product, side) => product * side, 1),
  ...spec,
}));

function total(counted: (typeof sizes)[number][]): number {
  return counted.reduce((sum, { size }) => sum + size, 0);
}

Deno.test("the R50 428q detector has the original's state dict", () => {
  const line = (
    { name, shape, trainable, kind, alias_of }: Omit<Entry, "shape"> & {
      shape: readonly number[];
    },
  ) =>
    `${name} [${shape}] ${kind}, ${trainable ? "trains" : "fixed"}` +
    (alias_of ? `, is ${alias_of}` : "");
  const own = sizes.flatMap((spec) => {
    const kind = spec.buffer ? "buffer" as const : "param" as const;
    const entry = { ...spec, kind, alias_of: null };
    const others = (spec.aliases ?? [])
      .map((alias) => ({ ...entry, name: alias, alias_of: spec.name }));
    return [entry, ...others].map(line);
  });
  assert.deepEqual(own.sort(), entries.map(line).sort());
});

Deno.test("it has the original's numbers of parameters", () => {
  const params = sizes.filter(({ buffer }) => !buffer);
  assert.equal(params.length, full.n_unique_parameters);
  assert.equal(total(params), full.parameters_total);
  const trained = params.filter(({ trainable }) => trainable);
  assert.equal(total(trained), full.parameters_trainable);
  const byModule = Object.fromEntries(
    Object.keys(full.by_module).map((module) => [
      module,
      total(params.filter(({ name }) => name.startsWith(`${module}.`))),
    ]),
  );
  assert.deepEqual(byModule, full.by_module);
});
