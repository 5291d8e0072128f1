/**
 * The processes of a benchmark: those of mpirun, or so many that it starts
 * itself, one a GPU, which need no MPI.
 * @module
 */
import { openRanks, pickDevice, type Ranks } from "../../engine/ranks/mod.ts";
import { readLaunch } from "../../pipeline/launch.ts";
import { fileRanks } from "./files.ts";

/** Who this process is; set by who has started it. */
const RANK = "BENCH_RANK";
const FOLDER = "BENCH_RANKS_FOLDER";

/**
 * Joins the processes; to be called before TensorFlow starts. Where this is
 * the one that starts the others, it waits for them and ends as they did.
 * @param processes How many, unless mpirun has started them.
 */
export async function joinGroup(processes: number): Promise<Ranks> {
  const launch = readLaunch();
  const rank = Deno.env.get(RANK);
  const folder = Deno.env.get(FOLDER);
  if (!launch && rank === undefined && processes > 1) {
    Deno.exit(await startAll(processes));
  }
  const ranks = launch || rank === undefined || folder === undefined
    ? openRanks(launch ?? undefined)
    : fileRanks(folder, Number(rank), processes);
  pickDevice(ranks);
  return ranks;
}

/** Starts this program so many times; the first bad exit code, else 0. */
async function startAll(processes: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  const children = Array.from(
    { length: processes },
    (_, rank) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--allow-all", Deno.mainModule, ...Deno.args],
        env: { [RANK]: String(rank), [FOLDER]: folder },
      }).spawn(),
  );
  // One that fails leaves the others waiting.
  const codes = await Promise.all(children.map(async (child, rank) => {
    const { code } = await child.status;
    if (code !== 0) {
      children.filter((_, i) => i !== rank).forEach(end);
    }
    return code;
  }));
  await Deno.remove(folder, { recursive: true });
  return codes.find((code) => code !== 0) ?? 0;
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it has ended
  }
}
