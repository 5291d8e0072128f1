/**
 * A program for `mpirun`: the train stage on the tiny world of a folder.
 * @module
 */
import type { Launch } from "../../../pipeline/stage.ts";
import { train } from "../../../stages/train/run.ts";
import { contextOf } from "../../support/stages.ts";

const [inputs, settings, folder, stopAt] = Deno.args as [
  string,
  string,
  string,
  string?,
];
const number = (name: string) =>
  Number(Deno.env.get(`OMPI_COMM_WORLD_${name}`));
const launch: Launch = {
  rank: number("RANK"),
  size: number("SIZE"),
  localRank: number("LOCAL_RANK"),
  localSize: number("LOCAL_SIZE"),
};
const context = contextOf(
  JSON.parse(settings),
  JSON.parse(inputs),
  folder,
  (event) => {
    if (event.type !== "scalars") return;
    if (launch.rank === 0) console.log(JSON.stringify(event.values));
    // Not rank 0: whoever is asked to stop, all do.
    const last = launch.rank === launch.size - 1;
    if (last && String(event.step) === stopAt) context.abort();
  },
);
try {
  await train({ ...context, launch });
} catch (error) {
  if (!/interrupted/.test(String(error))) throw error;
  console.error(`rank ${launch.rank}: ${error}`);
}
Deno.exit(0);
