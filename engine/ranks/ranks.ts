/** What processes that work together can do. @module */

/** Where a process stands among those that a launcher has started. */
export interface Launch {
  /** 0 leads. */
  rank: number;
  /** How many there are. */
  size: number;
  /** Number among those of this machine, which picks its device. */
  localRank: number;
  /** How many of them share this machine. */
  localSize: number;
}

/**
 * The processes of a launch. All of them must call the same methods in the
 * same order; calls are carried out one after the other. While a call waits
 * for the others, the event loop goes on.
 */
export interface Ranks extends Launch {
  /** Sums over all processes, in place. */
  allReduce(data: Float32Array): Promise<void>;
  /** The numbers of rank 0, in place. */
  broadcast(data: Float32Array): Promise<void>;
  /** Whether a condition holds on any process. */
  any(condition: boolean): Promise<boolean>;
  /** Returns once all have called it. */
  barrier(): Promise<void>;
  /** The last call; the process may not open ranks again. */
  close(): Promise<void>;
}

/** Ranks cannot be opened; the message says what to do. */
export class RanksError extends Error {
  /** For messages and logs. */
  override readonly name = "RanksError";
}
