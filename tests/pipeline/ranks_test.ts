/** `mpirun … pipeline`: who runs what, and how failures end all. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isUnderMpirun, readLaunch } from "../../pipeline/launch.ts";
import { hasMpi, mpirun } from "../support/mpi.ts";
import { Project, statuses } from "./rig.ts";

const CLI = fileURLToPath(new URL("../../pipeline/cli.ts", import.meta.url));
const RANKS = new URL("../../engine/ranks/mod.ts", import.meta.url).href;

/** A stage; `body` sees the context's parts, the ranks and the settings. */
function stageFile(kind: string | null, body: string): string {
  return `
    import { defineStage, UserError } from "STAGE";
    import { openRanks } from "${RANKS}";
    const anything = { safeParse: (data) => ({ success: true, data }),
      parse: (data) => data };
    export default defineStage({
      description: "works", version: 1, inputs: [], config: anything,
      ${kind === null ? "" : `ranks: "${kind}",`}
      async run({ config, output, scratch, signal, launch, emit }) {
        const rank = launch?.rank ?? "alone";
        const text = (text) => emit({ type: "message", level: "info", text });
        Deno.writeTextFileSync("calls.txt", \`\${config.name} \${rank}\\n\`,
          { append: true });
        ${body}
      },
    });`;
}

const pids = "Deno.writeTextFileSync(`pid.${rank}`, String(Deno.pid));";

const FILES = {
  "alone.ts": stageFile(null, 'text("hello from " + rank);'),
  "apart.ts": stageFile("apart", 'text("hello from " + rank);'),
  "together.ts": stageFile(
    "together",
    `const ranks = openRanks(launch);
     const sum = Float32Array.of(2 ** rank);
     await ranks.allReduce(sum);
     if (rank === 0) Deno.writeTextFileSync(output + "/sum", String(sum[0]));
     await ranks.close();`,
  ),
  "fails.ts": stageFile(
    "together",
    `const ranks = openRanks(launch);
     ${pids}
     await ranks.barrier();
     if (rank === 1) throw new UserError("the oven is cold");
     await ranks.barrier();`,
  ),
  "dies.ts": stageFile(
    "together",
    `const ranks = openRanks(launch);
     ${pids}
     await ranks.barrier();
     if (rank === 1) Deno.kill(Deno.pid, "SIGKILL");
     await ranks.barrier();`,
  ),
  "stops.ts": stageFile(
    "together",
    `const ranks = openRanks(launch);
     Deno.writeTextFileSync("parent." + rank, String(Deno.ppid));
     while (!await ranks.any(signal.aborted)) {
       text("round");
       await new Promise((done) => setTimeout(done, 20));
     }
     if (rank === 0) Deno.writeTextFileSync(scratch + "/saved", "");
     await ranks.close();
     throw new DOMException("stopped", "AbortError");`,
  ),
  "work.yaml": `stages:
  single: { uses: ./alone.ts, with: { name: single } }
  shares: { uses: ./apart.ts, with: { name: shares } }
  sum: { uses: ./together.ts, with: { name: sum } }
`,
  "twice.yaml": `stages:
  sum: { uses: ./together.ts, with: { name: sum } }
  again: { uses: ./together.ts, with: { name: again } }
`,
  "fails.yaml": "stages: { oven: { uses: ./fails.ts, with: { name: x } } }\n",
  "dies.yaml": "stages: { oven: { uses: ./dies.ts, with: { name: x } } }\n",
  "stops.yaml": "stages: { oven: { uses: ./stops.ts, with: { name: x } } }\n",
};

function launchOf(project: Project, processes: number, ...args: string[]) {
  const program = [Deno.execPath(), "run", "--allow-all", CLI, ...args];
  return mpirun(processes, program, { cwd: project.folder });
}

/** Whether the process whose number a stage wrote is still there. */
function lives(project: Project, rank: number): boolean {
  try {
    Deno.kill(Number(project.read(`pid.${rank}`)), "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

Deno.test("a launch is read from what mpirun and srun set", () => {
  const of = (env: Record<string, string>) => readLaunch((name) => env[name]);
  const open = {
    OMPI_COMM_WORLD_RANK: "5",
    OMPI_COMM_WORLD_SIZE: "8",
    OMPI_COMM_WORLD_LOCAL_RANK: "1",
    OMPI_COMM_WORLD_LOCAL_SIZE: "4",
    PMIX_NAMESPACE: "77",
  };
  const { id, ...launch } = of(open)!;
  assert.deepEqual(launch, { rank: 5, size: 8, localRank: 1, localSize: 4 });
  assert.equal(of({ ...open, OMPI_COMM_WORLD_RANK: "0" })!.id, id);
  assert.notEqual(of({ ...open, PMIX_NAMESPACE: "78" })!.id, id);
  const slurm = {
    SLURM_NTASKS: "16",
    SLURM_LOCALID: "3",
    SLURM_NTASKS_PER_NODE: "8",
    SLURM_JOB_ID: "1",
  };
  assert.equal(of(slurm), null, "a batch script is one process");
  const { id: _, ...stepped } = of({ ...slurm, PMIX_RANK: "11" })!;
  assert.deepEqual(
    stepped,
    { rank: 11, size: 16, localRank: 3, localSize: 8 },
  );
  assert.equal(of({ ...open, OMPI_COMM_WORLD_SIZE: "1" }), null);
});

Deno.test({
  name: "rank 0 alone plans and tells; all work where a stage is made for it",
  ignore: !hasMpi,
  async fn() {
    using project = new Project(FILES);
    const result = await launchOf(project, 3, "run", "work.yaml", "--json");
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(statuses(result), {
      single: "ran",
      shares: "ran",
      sum: "ran",
    });
    const lines = result.stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(lines.filter(({ type }) => type === "finished").length, 1);
    assert.deepEqual(project.calls().sort(), [
      ...["shares 0", "shares 1", "shares 2"],
      "single alone",
      ...["sum 0", "sum 1", "sum 2"],
    ]);
    const [folder] = project.list("artifacts/sum");
    assert.equal(project.read(`artifacts/sum/${folder}/sum`), "7");

    const again = await launchOf(project, 3, "run", "work.yaml", "--json");
    assert.deepEqual(
      new Set(Object.values(statuses(again))),
      new Set(["cached"]),
    );
    // What ranks make together is of that many; shares are shares.
    const alone = await project.run("status", "work.yaml");
    assert.match(alone.stdout, /shares +fresh/);
    assert.match(alone.stdout, /sum +stale.*processes: 3 → 1/);
  },
});

Deno.test({
  name: "a second stage over MPI is refused, and runs with the next command",
  ignore: !hasMpi,
  async fn() {
    using project = new Project(FILES);
    const first = await launchOf(project, 2, "run", "twice.yaml");
    assert.equal(first.code, 1);
    assert.match(first.stdout + first.stderr, /Run the same command again/);
    const second = await launchOf(project, 2, "run", "twice.yaml");
    assert.equal(second.code, 0, second.stderr);
  },
});

for (
  const [name, told] of [
    ["fails", /On rank 1: the oven is cold/],
    ["dies", /On rank 1: Its process ended with SIGKILL/],
  ] as const
) {
  Deno.test({
    name: `a rank that ${name} ends all others, and the reason is told`,
    ignore: !hasMpi,
    async fn() {
      using project = new Project(FILES);
      const result = await launchOf(project, 3, "run", `${name}.yaml`);
      assert.notEqual(result.code, 0);
      assert.match(result.stdout + result.stderr, told);
      for (const rank of [0, 1, 2]) assert.ok(!lives(project, rank));
    },
  });
}

// mpirun's own way to end its processes begins with SIGCONT.
for (const name of ["SIGTERM", "SIGCONT"] as const) {
  Deno.test({
    name: `rank 0 is asked to stop by ${name}: all stop together, and it saves`,
    ignore: !hasMpi,
    async fn() {
      using project = new Project(FILES);
      const running = launchOf(project, 2, "run", "stops.yaml");
      while (!project.exists("parent.0") || !project.exists("parent.1")) {
        await new Promise((done) => setTimeout(done, 50));
      }
      Deno.kill(Number(project.read("parent.0")), name);
      const { code, stdout } = await running;
      assert.equal(code, 130);
      assert.match(stdout, /Interrupted: the stage saves its work/);
      const [work] = project.list("artifacts/.work");
      assert.ok(project.exists(`artifacts/.work/${work}/scratch/saved`));
    },
  });
}

Deno.test("a pause is no wish to stop, but under mpirun", () => {
  const of = (env: Record<string, string>) =>
    isUnderMpirun((name) => env[name]);
  assert.equal(of({ OMPI_COMM_WORLD_RANK: "0" }), true);
  assert.equal(of({ PMIX_RANK: "0", SLURM_NTASKS: "2" }), false);
  const passedOn = { OMPI_MCA_orte_forward_job_control: "1" };
  assert.equal(of({ OMPI_COMM_WORLD_RANK: "0", ...passedOn }), false);
});
