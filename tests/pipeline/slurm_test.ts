import assert from "node:assert/strict";
import { slurmScript } from "../../pipeline/commands/slurm.ts";
import { Project } from "./rig.ts";
import { SLOW } from "./slow.ts";

const FLAGS = {
  nodes: 2,
  gpusPerNode: 4,
  time: "24:00:00",
  grace: 300,
  launcher: "srun",
} as const;

/** Commands of the cluster that write down how they were called. */
const FAKES = {
  srun: `echo "srun $*, $SRUN_CPUS_PER_TASK cores" >> calls.txt
exit "$CODE"`,
  scontrol: 'echo "scontrol $*" >> calls.txt',
  // Ends a while after it was told to, as mpirun does.
  mpirun: `echo "mpirun $*" >> calls.txt
trap 'sleep 0.2; echo saved >> calls.txt; exit 1' TERM
echo started
for i in $(seq 600); do sleep 0.1; done`,
};

function cluster(script: string): Project {
  const project = new Project({ "job.sh": script });
  for (const [name, text] of Object.entries(FAKES)) {
    project.write(`bin/${name}`, `#!/bin/bash\n${text}\n`);
    Deno.chmodSync(`${project.folder}/bin/${name}`, 0o755);
  }
  return project;
}

function start(project: Project, env: Record<string, string> = {}) {
  return new Deno.Command("bash", {
    args: ["job.sh"],
    cwd: project.folder,
    env: {
      PATH: `${project.folder}/bin:${Deno.env.get("PATH")}`,
      SLURM_SUBMIT_DIR: project.folder,
      SLURM_JOB_ID: "17",
      ...env,
    },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test("a script for srun asks for what the flags say", () => {
  const script = slurmScript("configs/my run.yaml", ["train.seed=1"], {
    ...FLAGS,
    cpusPerProcess: 8,
    partition: "gpu",
    account: "me",
  });
  const [first, ...lines] = script.split("\n");
  assert.equal(first, "#!/bin/bash");
  assert.deepEqual(
    lines.filter((line) => line.startsWith("#SBATCH ")),
    [
      "#SBATCH --job-name=my-run",
      "#SBATCH --nodes=2",
      "#SBATCH --ntasks-per-node=4",
      "#SBATCH --gpus-per-node=4",
      "#SBATCH --cpus-per-task=8",
      "#SBATCH --time=24:00:00",
      "#SBATCH --partition=gpu",
      "#SBATCH --account=me",
      "#SBATCH --output=%x-%j.log",
      "#SBATCH --open-mode=append",
      "#SBATCH --requeue",
      "#SBATCH --signal=TERM@300",
    ].map((line) => line.replace("my run", "my-run")),
  );
  assert.ok(lines.includes(
    "srun --mpi=pmix --kill-on-bad-exit=1 " +
      "deno task pipeline 'configs/my run.yaml' train.seed=1",
  ));
});

Deno.test("without GPUs there is one process a node, unless said", () => {
  const of = (flags: Record<string, unknown>) =>
    slurmScript("a.yaml", [], { ...FLAGS, gpusPerNode: 0, ...flags });
  assert.match(of({}), /--ntasks-per-node=1\n#SBATCH --time/);
  assert.match(of({ processesPerNode: 3 }), /--ntasks-per-node=3\n/);
});

Deno.test("a job is queued again where it was stopped, not where it failed", async () => {
  const script = slurmScript("a.yaml", ["train.name=it's"], FLAGS);
  for (const code of ["0", "1", "130"]) {
    using project = cluster(script);
    const env = { CODE: code, SLURM_CPUS_PER_TASK: "5" };
    const { code: ended } = await start(project, env).output();
    assert.equal(String(ended), code);
    assert.deepEqual(project.calls(), [
      "srun --mpi=pmix --kill-on-bad-exit=1 deno task pipeline a.yaml " +
      "train.name=it's, 5 cores",
      ...code === "130" ? ["scontrol requeue 17"] : [],
    ]);
  }
});

Deno.test("with mpirun, the script passes the signal on and waits for the end", async () => {
  const flags = { ...FLAGS, launcher: "mpirun" as const };
  const script = slurmScript("a.yaml", [], flags);
  assert.match(script, /^#SBATCH --signal=B:TERM@300$/m);
  using project = cluster(script);
  const running = start(project);
  const reader = running.stdout.getReader();
  await reader.read(); // mpirun has started
  running.kill("SIGTERM");
  while (!(await reader.read()).done);
  assert.equal((await running.status).code, 130);
  assert.deepEqual(project.calls(), [
    "mpirun --bind-to none --mca odls_base_sigkill_timeout 100 " +
    "deno task pipeline a.yaml",
    "saved",
    "scontrol requeue 17",
  ]);
});

Deno.test("mistakes are told: a limit, and a config that one process runs", async () => {
  assert.throws(
    () => slurmScript("a.yaml", [], { ...FLAGS, time: "1day" }),
    /^UserError: Slurm knows no time limit "1day"\. Write it as minutes/,
  );
  using project = new Project(SLOW);
  const { code, stderr, stdout } = await project.run("slurm", "slow.yaml");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^No stage of slow\.yaml works on several processes/);
});
