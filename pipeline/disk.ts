/**
 * A full disk, in words.
 * @module
 */

/** Whether an error says that there is no space left. */
export function isDiskFull(error: unknown): boolean {
  const message = error instanceof Error ? error.message : String(error);
  return /\bENOSPC\b|os error 28\b|No space left on device/.test(message);
}

/** What to tell. */
export const DISK_FULL =
  "The disk is full. Nothing is lost: finished artifacts and the scratch " +
  "folders of unfinished stages are kept. Free some space, for instance with " +
  "`deno task pipeline gc --keep 1`, and run again";
