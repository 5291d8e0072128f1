import assert from "node:assert/strict";
import { initialize, parseSafetensors, resnet } from "../../models/mod.ts";
import { parsePth } from "../../engine/checkpoint/mod.ts";
import { convert, show } from "../../stages/weights.ts";
import { trainSettings } from "../../stages/train/settings.ts";
import { floats, type Py, Tensor, torchZip } from "../support/torch.ts";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => {
  Deno.removeSync(folder, { recursive: true });
});

/** A small ResNet-18 under torchvision's names, as torch.save writes it. */
function torchvision(name: string): string {
  const { params } = resnet({
    name: "img_backbone",
    depth: 18,
    width: 4,
    norm: { mode: "train" },
  });
  const state = new Map<string, Py>();
  const values = initialize(params, 1);
  for (const [name, { shape }] of Object.entries(params)) {
    state.set(
      name.replace("img_backbone.", ""),
      floats(shape, values[name]!.data),
    );
  }
  state.set("fc.bias", floats([2], [1, 2]));
  const path = `${folder}/${name}`;
  Deno.writeFileSync(path, torchZip(state));
  return path;
}

const settings = trainSettings.parse({
  model: {
    channels: 32,
    backbone: { depth: 18, width: 4, norm: "train" },
    head: {
      queries: 6,
      propagated: 2,
      memory: 4,
      topk: 2,
      layers: 1,
      heads: 4,
      feedforward: 8,
    },
  },
  image: { height: 64, width: 96 },
});

Deno.test("weights go to safetensors and back under the detector's names", async () => {
  const from = torchvision("a.pth");
  const notes = await convert(from, `${folder}/a.safetensors`);
  assert.deepEqual(notes.slice(0, 2), [
    "bare backbone (torchvision and others), ResNet-18",
    "Left out: 1 (fc.bias)",
  ]);
  await convert(`${folder}/a.safetensors`, `${folder}/back.pth`);
  const before = parsePth(Deno.readFileSync(from));
  const after = parsePth(Deno.readFileSync(`${folder}/back.pth`));
  assert.equal(after.size, before.size - 1);
  for (const [name, tensor] of after) {
    const same = before.get(name.replace("img_backbone.", ""))!;
    assert.deepEqual(tensor, same, name);
  }
});

Deno.test("halves become float32, and the notes say so", async () => {
  const half = new Tensor("HalfStorage", Uint8Array.of(0, 0x3c), [1]);
  Deno.writeFileSync(`${folder}/half.pth`, torchZip(new Map([["x", half]])));
  const to = `${folder}/half.safetensors`;
  const notes = await convert(`${folder}/half.pth`, to);
  assert.equal(notes[0], "Origin unknown, names are kept");
  const { dtype, data } = parseSafetensors(Deno.readFileSync(to)).get("x")!;
  assert.deepEqual([dtype, ...data], ["F32", 1]);
});

Deno.test("for a config, a file gets just what its model has", async () => {
  const from = torchvision("b.pth");
  const to = `${folder}/b.safetensors`;
  const [report] = await convert(from, to, { settings });
  assert.match(
    report!,
    /^100 parameters loaded \(bare backbone .*\), missing \d+ \(pts_bbox_head\..*\), unexpected none, left aside 1 \(fc\.bias\)$/,
  );
  assert.equal(parseSafetensors(Deno.readFileSync(to)).size, 100);
  const wide = trainSettings.parse({
    ...settings,
    model: {
      ...settings.model,
      backbone: { ...settings.model.backbone, width: 8 },
    },
  });
  await assert.rejects(
    convert(from, to, { settings: wide, force: true }),
    /Cannot load .*b\.pth: The checkpoint is of another model: "img_backbone\.conv1\.weight" is \[4,3,7,7\] in the checkpoint \(as "conv1\.weight"\) and \[8,3,7,7\] in the model/,
  );
});

Deno.test("parts of a file can be taken alone", async () => {
  const from = torchvision("p.pth");
  const to = `${folder}/p.safetensors`;
  await convert(from, to, { only: ["img_backbone.layer1"] });
  const names = [...parseSafetensors(Deno.readFileSync(to)).keys()];
  assert.ok(names.length > 0);
  assert.ok(names.every((name) => name.startsWith("img_backbone.layer1.")));
  const other = trainSettings.parse({
    ...settings,
    model: {
      ...settings.model,
      backbone: { ...settings.model.backbone, width: 8 },
    },
  });
  const stem = "img_backbone.bn1";
  const { report } = await show(from, {
    settings,
    only: [stem],
  });
  assert.deepEqual(report!.loaded.toSorted(), [
    `${stem}.bias`,
    `${stem}.running_mean`,
    `${stem}.running_var`,
    `${stem}.weight`,
  ]);
  await assert.rejects(
    show(from, { settings: other, only: [stem] }),
    /"img_backbone\.bn1\.weight" is \[4\].* To take some parts alone/,
  );
});

Deno.test("nothing is overwritten unasked", async () => {
  const from = torchvision("c.pth");
  const refused = (to: string, message: RegExp, force = false) =>
    assert.rejects(convert(from, to, { force }), {
      name: "UserError",
      message,
    });
  Deno.writeTextFileSync(`${folder}/c.safetensors`, "mine");
  await refused(`${folder}/c.safetensors`, /it exists; --force replaces it/);
  await refused(from, /it is the file to read/, true);
  await refused(`${folder}/c.npz`, /ends with \.safetensors or \.pth/);
  await convert(from, `${folder}/c.safetensors`, { force: true });
});

Deno.test("show() tells what a file is; what is none is told plainly", async () => {
  const file = await show(torchvision("d.pth"));
  assert.equal(file.format, "PyTorch (zip)");
  assert.deepEqual(file.origin.parts, ["ResNet-18"]);
  assert.deepEqual(file.tensors[0], {
    name: "conv1.weight",
    shape: [4, 3, 7, 7],
    dtype: "F32",
  });
  const fit = await show(torchvision("d.pth"), { settings });
  assert.equal(fit.report!.loaded.length, 100);
  assert.deepEqual(fit.report!.foreign, ["fc.bias"]);
  const refused = (path: string, message: RegExp) =>
    assert.rejects(show(path), { name: "UserError", message });
  await refused(`${folder}/no.pth`, /Cannot find the file of weights/);
  await refused(folder, /it is a folder, expected a \.safetensors or/);
  Deno.writeTextFileSync(`${folder}/page.pth`, "<html>404</html>");
  await refused(`${folder}/page.pth`, /neither a zip nor an older file/);
  Deno.writeTextFileSync(`${folder}/page.safetensors`, "<html>404</html>");
  await refused(`${folder}/page.safetensors`, /Cannot parse safetensors/);
});

Deno.test("the command line shows and converts, exit code 2 for mistakes", async () => {
  const path = torchvision("e.pth");
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-read", "--allow-write", "--allow-env"],
        ...["--allow-sys", "pipeline/cli.ts", "weights", ...args],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), error: text(stderr) };
  };
  const [shown, json, wrong] = await Promise.all([
    run("show", path),
    run("show", path, "--json"),
    run(
      "convert",
      path,
      `${folder}/e.safetensors`,
      "--for",
      "configs/r50.yaml",
    ),
  ]);
  assert.equal(shown.code, 0);
  assert.match(shown.out, /^origin +bare backbone .*, ResNet-18$/m);
  assert.match(shown.out, /^conv1\.weight +F32 +\[4, 3, 7, 7\]$/m);
  assert.equal(JSON.parse(json.out).tensors.length, 101);
  assert.equal(wrong.code, 2);
  assert.match(wrong.error, /^Cannot load .*e\.pth: The checkpoint is of/);
});
