/**
 * A project in a temporary folder, and the command line run inside it.
 * @module
 */
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";

const CLI = fileURLToPath(new URL("../../pipeline/cli.ts", import.meta.url));
const STAGE = new URL("../../pipeline/stage.ts", import.meta.url).href;

/** What a finished command has left. */
export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command that still runs. */
export interface Running {
  pid: number;
  /** Waits until standard output holds a text. */
  printed(text: string): Promise<void>;
  signal(signal: Deno.Signal): void;
  end(): Promise<Result>;
}

/** A folder that holds configs and stage files. */
export class Project implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "pipeline_" });

  constructor(files: Record<string, string>) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Writes a file; `STAGE` stands for the address of pipeline/stage.ts. */
  write(path: string, text: string): void {
    const full = `${this.folder}/${path}`;
    Deno.mkdirSync(full.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(full, text.replaceAll('"STAGE"', `"${STAGE}"`));
  }

  read(path: string): string {
    return Deno.readTextFileSync(`${this.folder}/${path}`);
  }

  exists(path: string): boolean {
    try {
      Deno.lstatSync(`${this.folder}/${path}`);
      return true;
    } catch {
      return false;
    }
  }

  remove(path: string): void {
    Deno.removeSync(`${this.folder}/${path}`, { recursive: true });
  }

  list(path: string): string[] {
    return [...Deno.readDirSync(`${this.folder}/${path}`)]
      .map(({ name }) => name).sort();
  }

  /** Stages that really worked since the last call, in order. */
  calls(): string[] {
    if (!this.exists("calls.txt")) return [];
    const calls = this.read("calls.txt").trim().split("\n");
    this.remove("calls.txt");
    return calls;
  }

  /** Starts a command with the permissions of `deno task pipeline`. */
  start(...args: string[]): Running {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...["read", "write", "env", "run", "ffi", "sys"]
          .map((name) => `--allow-${name}`),
        CLI,
        ...args,
      ],
      cwd: this.folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let stdout = "";
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const bytes of child.stdout) {
        stdout += decoder.decode(bytes, { stream: true });
      }
    })();
    const stderr = new Response(child.stderr).text();
    return {
      pid: child.pid,
      async printed(text) {
        let isOver = false;
        child.status.then(() => isOver = true);
        while (!stdout.includes(text)) {
          if (isOver) throw new Error(`ended without "${text}":\n${stdout}`);
          await delay(10);
        }
      },
      signal: (signal) => child.kill(signal),
      async end() {
        await reading;
        const { code } = await child.status;
        return { code, stdout, stderr: await stderr };
      },
    };
  }

  /** Runs a command to its end. */
  run(...args: string[]): Promise<Result> {
    return this.start(...args).end();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** Text where times are replaced: `0.3 s` becomes `T`. */
export function timeless(text: string): string {
  return text.replaceAll(/\b\d+\.\d s\b/g, "T")
    .replaceAll(/\/[0-9a-f]{12}\b/g, "/HASH");
}

/** The last line of `--json` as name and status. */
export function statuses({ stdout }: Result): Record<string, string> {
  const last = JSON.parse(stdout.trim().split("\n").at(-1)!);
  return Object.fromEntries(
    last.stages.map((stage: { name: string; status: string }) => [
      stage.name,
      stage.status,
    ]),
  );
}
