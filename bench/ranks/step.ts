/**
 * Times a training step on noise that processes of a launch do together; alone
 * without one.
 *
 *     mpirun -np 2 deno run <permissions> bench/ranks/step.ts --batch 2
 *
 * With `--processes 2` it starts them itself, one a GPU, without MPI. Rank 0's
 * last line is a cost: the median step.
 * @module
 */
import { Command } from "commander";
import { startTensorFlow } from "../../engine/tensorflow/mod.ts";
import { chooseReducer } from "../../stages/shared/ranks.ts";
import type { Batch } from "../../stages/train/batch.ts";
import { buildModel, firstValues } from "../../stages/train/build.ts";
import { openMatching } from "../../stages/train/matching/mod.ts";
import { composeStep } from "../../stages/train/run.ts";
import { createStepper } from "../../stages/train/stepper.ts";
import type { Cost } from "../run/report.ts";
import { costOf } from "../step/cost.ts";
import { noiseBatch } from "../step/input.ts";
import { type Choice, OBJECTS, preset, type PRESETS } from "../step/presets.ts";
import { joinGroup } from "./group.ts";

const options = new Command()
  .option("--preset <name>", "r50 or mini", "mini")
  .option("--batch <n>", "streams of each process", Number, 2)
  .option("--steps <n>", "timed steps, after two others", Number, 10)
  .option("--precision <type>", "float32, float16 or bfloat16", "float32")
  .option("--processes <n>", "one a GPU, unless by mpirun", Number, 1)
  .parse(Deno.args, { from: "user" })
  .opts();

const { batch, steps, processes } = options;
const name = options.preset as keyof typeof PRESETS;
const ranks = await joinGroup(processes);
const cores = navigator.hardwareConcurrency;
const threads = Math.max(1, Math.floor(cores / ranks.localSize));
const engine = await startTensorFlow({ threads });
const settings = preset(name, options as Choice);
// Batch statistics would be of each process's own images.
Object.assign(settings.model.backbone, { norm: "frozen" });
const model = buildModel(settings.model, settings.image);
const step = composeStep(settings, model);
const reducer = await chooseReducer({ emit: () => {} }, ranks, engine);
using matching = openMatching({
  threads: null,
  device: engine.device,
  cores: threads,
  streams: batch,
});
const stepper = createStepper({
  engine,
  matching,
  step,
  settings,
  values: firstValues(step.params, settings.model, 0),
  frozen: () => null,
  ranks,
  reducer,
});
const { height, width } = settings.image;
const size = { cameras: 6, height, width, objects: OBJECTS[name] };
const whole = noiseBatch({ ...size, batch: batch * ranks.size }, 0);
const given = { ...whole, ...shareOf(whole) };
let loss = NaN;
const { firstSeconds, ...spent } = await costOf(async () => {
  ({ loss } = await stepper.stepTogether(given, 1e-5));
}, steps);
const samples = batch * ranks.size;
const cost: Cost = {
  ...spent,
  facts: {
    processes: ranks.size,
    threads,
    device: engine.describe().device.name,
    sums: reducer.way,
    samples,
    samplesPerSecond: samples / spent.seconds,
    firstStepSeconds: firstSeconds,
    loss,
  },
};
await reducer.close();
await ranks.close();
if (ranks.rank === 0) console.log(JSON.stringify(cost));
Deno.exit(0);

/** The arrays of this process's streams. */
function shareOf(batch: Batch): Partial<Batch> {
  return Object.fromEntries(
    Object.entries(batch).flatMap(([name, array]) => {
      if (!(array instanceof Float32Array)) return [];
      const each = array.length / ranks.size;
      return [[name, array.slice(ranks.rank * each, (ranks.rank + 1) * each)]];
    }),
  );
}
