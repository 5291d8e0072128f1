import assert from "node:assert/strict";
import { parseSafetensors, writeSafetensors } from "../../models/mod.ts";
import { train } from "../../stages/train/run.ts";
import { useTensorFlow } from "../support/backend.ts";
import { contextOf, tinySettings, tinyWorld } from "../support/stages.ts";

const weights = (folder: string) =>
  Deno.readFile(`${folder}/out/weights.safetensors`);

Deno.test("train", async (t) => {
  await useTensorFlow();
  const folder = await Deno.makeTempDir();
  const inputs = await tinyWorld(folder);
  // With all that a checkpoint may hold.
  const settings = tinySettings({
    batch: 1,
    accumulate: 2,
    ema: { decay: 0.5 },
    loss_scale: { initial: 256, interval: 2 },
  });

  await t.step("an uninterrupted run logs every term", async () => {
    const context = contextOf(settings, inputs, `${folder}/whole`);
    await train(context);
    const logs = context.events.filter((e) => e.type === "scalars");
    assert.equal(logs.length, 6);
    for (const { values } of logs) {
      for (
        const name of ["loss", "loss_cls", "dn_loss_bbox", "enc_loss_cls", "lr"]
      ) {
        assert.ok(Number.isFinite(values[name]), name);
      }
    }
  });

  await t.step("an interrupted run ends with the same bits", async () => {
    const first = contextOf(settings, inputs, `${folder}/parts`, (event) => {
      if (event.type === "scalars" && event.step === 3) first.abort();
    });
    await assert.rejects(train(first), /interrupted/);
    const second = contextOf(settings, inputs, `${folder}/parts`);
    await train(second);
    const resumed = second.events.find((e) =>
      e.type === "message" && e.text === "resumes at iteration 3 of 6"
    );
    assert.ok(resumed, "says where it goes on");
    assert.deepEqual(
      await weights(`${folder}/parts`),
      await weights(`${folder}/whole`),
    );
  });

  await t.step("another seed gives other weights", async () => {
    const context = contextOf(
      { ...settings, seed: 1 },
      inputs,
      `${folder}/seed`,
    );
    await train(context);
    assert.notDeepEqual(
      await weights(`${folder}/seed`),
      await weights(`${folder}/whole`),
    );
  });

  await t.step("a checkpoint is read, its absence is named", async () => {
    const model = { ...settings.model };
    const from = (checkpoint: string) => ({
      ...settings,
      warm_start: null,
      schedule: { ...settings.schedule, iterations: 1 },
      model: { ...model, checkpoint },
    });
    const path = `${folder}/whole/out/weights.safetensors`;
    const context = contextOf(from(path), inputs, `${folder}/warm`);
    await train(context);
    const report = context.events.find((e) =>
      e.type === "message" && e.text.includes("parameters loaded")
    );
    assert.match(
      (report as { text: string }).text,
      /missing none, unexpected none/,
    );
    const stored = new Map(parseSafetensors(await Deno.readFile(path)));
    const name = "img_neck.lateral_convs.0.conv.bias";
    stored.set(name, {
      ...stored.get(name)!,
      data: new Float32Array(64).fill(NaN),
    });
    const damaged = `${folder}/nan.safetensors`;
    await Deno.writeFile(damaged, writeSafetensors(stored, {}));
    await assert.rejects(
      train(contextOf(from(damaged), inputs, `${folder}/nan`)),
      /weight img_neck\.lateral_convs\.0\.conv\.bias \(NaN at 0, 64 of 64.*look at train\.model\.checkpoint/s,
    );
    const absent = contextOf(from("no.pth"), inputs, `${folder}/absent`);
    await assert.rejects(
      train(absent),
      /Cannot find the checkpoint no\.pth \(train\.model\.checkpoint\)/,
    );
  });

  await t.step("an unknown split and a damaged image are named", async () => {
    const other = contextOf(
      { ...settings, split: "vla" },
      inputs,
      `${folder}/split`,
    );
    await assert.rejects(
      train(other),
      /Found no split "vla" among what create-data made: (train, val|val, train)/,
    );
    const camera = `${inputs.dataset}/root/samples/CAM_BACK`;
    const [first] = [...Deno.readDirSync(camera)].map(({ name }) => name);
    const image = await Deno.readFile(`${camera}/${first}`);
    for (const { name } of Deno.readDirSync(camera)) {
      await Deno.writeFile(`${camera}/${name}`, image.slice(0, 900));
    }
    // A dataset that is linked is named as its owner knows it.
    const linked = `${folder}/linked`;
    await Deno.mkdir(linked);
    const root = await Deno.realPath(`${inputs.dataset}/root`);
    await Deno.symlink(root, `${linked}/root`);
    const damaged = contextOf(
      settings,
      { ...inputs, dataset: linked },
      `${folder}/damaged`,
    );
    await assert.rejects(train(damaged), (error: Error) => {
      assert.match(error.message, /CAM_BACK.*Copy this file again/s);
      const start = `Cannot decode the image ${root}/`;
      assert.equal(error.message.slice(0, start.length), start);
      return true;
    });
    for (const { name } of Deno.readDirSync(camera)) {
      await Deno.writeFile(`${camera}/${name}`, image);
    }
  });

  await t.step("a rate that diverges stops the run and names why", async () => {
    const wild = tinySettings({
      optimizer: { lr: 1e30, lr_mult: {} },
      schedule: { iterations: 20, warmup_iterations: 0 },
      warm_start: null,
    });
    const context = contextOf(wild, inputs, `${folder}/wild`);
    await assert.rejects(
      train(context),
      /Training diverged at iteration \d+.*Lower train\.optimizer\.lr/s,
    );
    const warm = tinySettings({
      warm_start: { steps: 3, points: 16, lr: 1e30 },
    });
    await assert.rejects(
      train(contextOf(warm, inputs, `${folder}/warm-wild`)),
      /warm start diverged within its first 3 steps.*train\.warm_start\.lr/s,
    );
  });

  await t.step(
    "a run that diverged goes on from its checkpoint, slower",
    async () => {
      const wild = {
        optimizer: { lr: 1e-3, lr_mult: {} },
        schedule: {
          iterations: 5,
          policy: "cyclic",
          target_ratio: [1e30, 1],
          step_ratio_up: 0.9,
        },
        warm_start: null,
        checkpoint_every: 1,
      };
      const place = `${folder}/rollback`;
      const first = contextOf(tinySettings(wild), inputs, place);
      await assert.rejects(
        train(first),
        /diverged at iteration 2: .*updated weight .*checkpoint of iteration 1 is kept.*target_ratio\[0\]/s,
      );
      const on_divergence = { retries: 1, lr_factor: 1e-30 };
      const settings = tinySettings({ ...wild, on_divergence });
      const second = contextOf(settings, inputs, place);
      await train(second);
      const texts = second.events.map((e) =>
        e.type === "message" ? e.text : ""
      );
      assert.ok(texts.includes("resumes at iteration 1 of 5"));
      const back = texts.find((text) => text.includes("Goes back"));
      assert.match(
        back!,
        /to iteration 1, learning rate x1e-30 .*retry 1 of 1/,
      );
      const steps = second.events.filter((e) => e.type === "scalars");
      assert.deepEqual(steps.map(({ step }) => step), [2, 3, 4, 5]);
      assert.ok(steps.every(({ values }) => Number.isFinite(values.loss)));
    },
  );

  await t.step("clips train, and go on with the same bits", async () => {
    const settings = tinySettings({
      window: { length: 3, random: 1, grads: 2 },
      schedule: { iterations: 3, warmup_iterations: 0 },
      warm_start: null,
    });
    const whole = contextOf(settings, inputs, `${folder}/clips`);
    await train(whole);
    const first = contextOf(settings, inputs, `${folder}/cut`, (event) => {
      if (event.type === "scalars" && event.step === 2) first.abort();
    });
    await assert.rejects(train(first), /interrupted/);
    await train(contextOf(settings, inputs, `${folder}/cut`));
    assert.deepEqual(
      await weights(`${folder}/cut`),
      await weights(`${folder}/clips`),
    );
    const log = whole.events.find((e) => e.type === "scalars");
    assert.ok(Number.isFinite(log!.values.frame_1_loss_cls));
    assert.ok(!("frame_0_loss_cls" in log!.values));
  });

  await Deno.remove(folder, { recursive: true });
});
