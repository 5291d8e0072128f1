/**
 * What a stage is: the one file of the pipeline that stages import.
 *
 * A stage file default-exports `defineStage({...})`; the YAML names the file
 * (`uses: ./stages/train.ts`), what it needs and its settings (`with:`).
 * @module
 */
import type { z } from "zod";

/** Something worth telling while a stage runs; loggers decide how it looks. */
export type StageEvent =
  /** Work done so far: the status line shows rate and time left. */
  | {
    type: "progress";
    /** What is counted, such as `frames` or `iterations`. */
    unit: string;
    done: number;
    total: number;
    /** Shown as they are beside the rate, such as `{ loss: 12.3 }`. */
    values?: Record<string, number>;
  }
  /** Numbers of one step, for the JSON-lines log and TensorBoard. */
  | { type: "scalars"; step: number; values: Record<string, number> }
  /** A sentence for a person. */
  | { type: "message"; level: "info" | "warning"; text: string }
  /** A table to print when the stage ends, such as the metrics. */
  | {
    type: "table";
    title: string;
    columns: string[];
    rows: (string | number)[][];
  };

/** Where a process stands among those that mpirun or srun has started. */
export interface Launch {
  /** 0 leads. */
  rank: number;
  /** How many there are. */
  size: number;
  /** Number among those of this machine. */
  localRank: number;
  /** How many share this machine. */
  localSize: number;
}

/** What a running stage is given. */
export interface StageContext<Config> {
  /** The stage's `with:` section, checked, with defaults filled in. */
  readonly config: Config;
  /** Artifact folder by input name; read only. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Fresh folder; becomes the artifact when `run` returns. */
  readonly output: string;
  /**
   * Folder that survives an interrupted run of this very fingerprint
   * (checkpoints); emptied once the artifact is published.
   */
  readonly scratch: string;
  /** Aborts on Ctrl+C: save what is worth saving, then throw its reason. */
  readonly signal: AbortSignal;
  /** The processes that run this stage; absent where it is this one alone. */
  readonly launch?: Launch;
  /** Tells the loggers; a stage itself never prints. */
  emit(event: StageEvent): void;
}

/** A file or folder outside the store on which the result depends. */
export interface External {
  /** Path, relative to the working directory or absolute. */
  path: string;
  /** `content` hashes the bytes; `stat` takes size and modification time. */
  by: "content" | "stat";
}

/** A kind of stage, as a stage file default-exports it. */
export interface Stage<Schema extends z.ZodType = z.ZodType> {
  /** One sentence, shown by `graph` and `--help`. */
  readonly description: string;
  /** Raise to make old artifacts stale although the code's hash is equal. */
  readonly version: number;
  /** Schema of the `with:` section; objects are strict. */
  readonly config: Schema;
  /** Inputs that `needs:` must bind to a stage. */
  readonly inputs: readonly string[];
  /** Inputs that `needs:` may bind. */
  readonly optionalInputs?: readonly string[];
  /** Top-level settings that do not change the result (threads, log rate). */
  readonly untracked?: readonly string[];
  /**
   * How a launch over several processes runs it; left out, rank 0 runs it
   * alone. `together`: all work on one result, which their number is part of;
   * `apart`: each does a share, and the result is the same for any number.
   * All have the same folders; only what rank 0 tells is shown.
   */
  readonly ranks?: "together" | "apart";
  /** Files outside the store that enter the fingerprint. */
  externals?(config: z.output<Schema>): External[];
  /**
   * Fills `context.output`; what it throws fails the stage, a UserError without
   * a stack trace.
   */
  run(context: StageContext<z.output<Schema>>): Promise<void>;
}

/** Types a stage; returns it as it is. */
export function defineStage<Schema extends z.ZodType>(
  stage: Stage<Schema>,
): Stage<Schema> {
  return stage;
}

/** A line of `doctor`; `stages/doctor.ts` may default-export more of them. */
export interface Check {
  /** What is looked at, such as `TensorFlow`. */
  name: string;
  /** An error makes `doctor` exit with 1. */
  status: "ok" | "warning" | "error";
  /** What is there, such as a version. */
  found: string;
  /** What to do if it is not ok. */
  advice?: string;
}

/**
 * A mistake of the user's, not of the program's: shown as one message without
 * a stack trace. Say what was found, where, what was expected, what to do.
 */
export class UserError extends Error {
  /** Told by name where a class does not survive: between processes. */
  override readonly name = "UserError";
}
