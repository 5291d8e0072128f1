/** Training on several processes against training on one. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseSafetensors } from "../../models/mod.ts";
import { loadState } from "../../stages/train/checkpoint.ts";
import { train } from "../../stages/train/run.ts";
import { useTensorFlow } from "../support/backend.ts";
import { hasMpi, mpirun } from "../support/mpi.ts";
import { contextOf, tinyWorld } from "../support/stages.ts";
import { plainSettings } from "../support/training.ts";

const PROGRAM = fileURLToPath(new URL("./ranks/train.ts", import.meta.url));

type Values = Record<string, number>;

/** Float32 rounds sums of other orders differently: this much. */
const LOSS = 1e-5;
const WEIGHTS = 1e-5;

/** Streams of the global batch, which two and three processes can share. */
const STREAMS = 6;
const folder = await Deno.makeTempDir();
const inputs = await tinyWorld(folder, 6);

const settingsFor = (processes: number) =>
  plainSettings({
    batch: STREAMS / processes,
    sequence_split: 3,
    schedule: { iterations: 4, warmup_iterations: 2 },
  });

/** What rank 0 logs of each iteration. */
async function together(
  processes: number,
  settings: unknown,
  name: string,
  ...more: string[]
): Promise<Values[]> {
  const program = [Deno.execPath(), "run", "--allow-all", PROGRAM];
  const args = [inputs, settings].map((value) => JSON.stringify(value));
  const { code, stdout, stderr } = await mpirun(
    processes,
    [...program, ...args, `${folder}/${name}`, ...more],
    { env: { TF_ENABLE_ONEDNN_OPTS: "0" } },
  );
  assert.equal(code, 0, stderr);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

async function alone(
  settings: ReturnType<typeof plainSettings>,
  name: string,
): Promise<Values[]> {
  await useTensorFlow();
  const context = contextOf(settings, inputs, `${folder}/${name}`);
  await train(context);
  return context.events.flatMap((event) =>
    event.type === "scalars" ? [event.values] : []
  );
}

const weights = async (name: string) =>
  parseSafetensors(
    await Deno.readFile(`${folder}/${name}/out/weights.safetensors`),
  );

function checkLogs(logs: Values[], expected: Values[]): void {
  assert.equal(logs.length, expected.length);
  logs.forEach((log, i) => {
    for (const [name, value] of Object.entries(expected[i]!)) {
      if (!/loss|grad_norm|^lr$|^iter$/.test(name)) continue;
      const error = Math.abs(log[name]! - value);
      assert.ok(error <= LOSS * Math.abs(value), `${i} ${name}: ${error}`);
    }
  });
}

/** All weights as one vector: two that differ by nothing but rounding. */
async function checkWeights(name: string, expected: string): Promise<void> {
  const [ours, theirs] = [await weights(name), await weights(expected)];
  let [difference, norm] = [0, 0];
  for (const [key, { data }] of theirs) {
    const own = ours.get(key)!.data;
    data.forEach((x, i) => {
      difference += (Number(x) - Number(own[i])) ** 2;
      norm += Number(x) ** 2;
    });
  }
  assert.ok(norm > 0);
  const error = Math.sqrt(difference / norm);
  assert.ok(error <= WEIGHTS, `weights differ by ${error}`);
}

Deno.test({
  name: "2 and 3 processes learn what one does, also where they stop between",
  ignore: !hasMpi,
  async fn(t) {
    const expected = await alone(settingsFor(1), "alone");

    await t.step("3 processes of batch 2", async () => {
      checkLogs(await together(3, settingsFor(3), "three"), expected);
      await checkWeights("three", "alone");
    });

    await t.step("2 processes of batch 3, stopped and resumed", async () => {
      const settings = settingsFor(2);
      const first = await together(2, settings, "two", "2");
      checkLogs(first, expected.slice(0, 2));
      const state = await loadState(`${folder}/two/scratch`);
      assert.equal(state!.iteration, 2);
      assert.equal(state!.poses.length, STREAMS);
      checkLogs(await together(2, settings, "two"), expected.slice(2));
      await checkWeights("two", "alone");
    });
  },
});
