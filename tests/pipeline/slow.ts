/**
 * A toy stage that counts to ten and can be stopped on the way, and one that
 * fails in several manners.
 * @module
 */

const HEAD = `
import { z } from "zod";
import { defineStage } from "STAGE";
const note = (name: string) =>
  Deno.writeTextFileSync("calls.txt", name + "\\n", { append: true });
const isThere = (path: string) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
`;

/** Files of the project. */
export const SLOW: Record<string, string> = {
  // Waits at three until the file `go` is there; starts a child of its own.
  "stages/count.ts": `${HEAD}
export default defineStage({
  description: "count to ten",
  version: 1,
  config: z.strictObject({ deaf: z.boolean().default(false) }),
  inputs: [],
  async run({ config, output, scratch, signal, emit }) {
    const saved = scratch + "/count.txt";
    let count = isThere(saved) ? Number(Deno.readTextFileSync(saved)) : 0;
    note("from " + count);
    const helper = new Deno.Command("sleep", { args: ["60"] }).spawn();
    Deno.writeTextFileSync("helper.txt", String(helper.pid));
    Deno.writeTextFileSync(output + "/partial.txt", "half");
    for (; count < 10; count++) {
      if (count === 3) emit({ type: "message", level: "info", text: "at 3" });
      while (count === 3 && !isThere("go")) {
        await pause(10);
        if (!signal.aborted || config.deaf) continue;
        Deno.writeTextFileSync(saved, String(count));
        throw signal.reason;
      }
    }
    helper.kill();
    await Deno.writeTextFile(output + "/count.txt", String(count));
  },
});
`,
  // Never lets the event loop turn: all that it awaits is there at once.
  "stages/greedy.ts": `${HEAD}
export default defineStage({
  description: "compute without a pause",
  version: 1,
  config: z.strictObject({}),
  inputs: [],
  async run({ scratch, signal, emit }) {
    emit({ type: "message", level: "info", text: "at 0" });
    for (let done = 0;; done++) {
      const end = performance.now() + 5;
      while (performance.now() < end);
      await null;
      emit({ type: "progress", unit: "steps", done, total: 1e6 });
      if (!signal.aborted) continue;
      Deno.writeTextFileSync(scratch + "/done.txt", String(done));
      throw signal.reason;
    }
  },
});
`,
  "greedy.yaml": "stages: { greedy: { uses: ./stages/greedy.ts } }\n",
  "stages/copy.ts": `${HEAD}
export default defineStage({
  description: "copy the count",
  version: 1,
  config: z.strictObject({}),
  inputs: ["count"],
  async run({ inputs, output }) {
    await Deno.copyFile(inputs.count + "/count.txt", output + "/copy.txt");
  },
});
`,
  "slow.yaml": `
stages:
  count: { uses: ./stages/count.ts }
  copy: { uses: ./stages/copy.ts, needs: [count] }
`,
  "stages/fail.ts": `${HEAD}
import { UserError } from "STAGE";
export default defineStage({
  description: "fail",
  version: 1,
  config: z.strictObject({ how: z.string() }),
  inputs: [],
  async run({ config, output, scratch }) {
    Deno.writeTextFileSync(scratch + "/saved.txt", "kept");
    if (config.how === "user") throw new UserError("Found no salt");
    if (config.how === "bug") throw new TypeError("salt is undefined");
    if (config.how === "killed") {
      console.error("out of flour");
      Deno.kill(Deno.pid, "SIGKILL");
      await pause(1000);
    }
    if (config.how === "full") {
      // Writing to this device fails as a full disk does.
      const args = [scratch + "/saved.txt", "/dev/full"];
      const { stderr } = await new Deno.Command("cp", { args }).output();
      throw new Error(new TextDecoder().decode(stderr));
    }
    Deno.writeTextFileSync(output + "/manifest.json", "{}");
  },
});
`,
  "fail.yaml": `
stages:
  fail: { uses: ./stages/fail.ts, with: { how: user } }
  next: { uses: ./stages/copy.ts, needs: { count: fail } }
`,
};
