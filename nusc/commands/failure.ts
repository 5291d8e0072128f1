/**
 * What a command that failed tells, and its exit code.
 * @module
 */
import { CommanderError } from "commander";
import { CheckError, DatasetError, ResultsError } from "../errors.ts";

/** What a failed call of the operating system means, and what to do. */
const SYSTEM: Record<string, string> = {
  ENOENT: "it does not exist. Check the path, or make its folder first",
  ENOTDIR: "a part of the path is a file. Name a folder",
  EISDIR: "it is a folder. Name a file",
  EEXIST: "a file of that name is there. Choose another name",
  EACCES: "permission denied. Check who owns it",
  EPERM: "the operation is not permitted. Check who owns it",
  EROFS: "the file system is read-only. Choose another folder",
  ENOSPC: "the disk is full. Free some space and run again",
};

/** Failures that are no mistake in the command line or in a file. */
const OWN = ["ENOSPC"];

/**
 * Tells of an error a user can mend and returns the exit code: 2 for a
 * mistake in command line, dataset or results, 1 for the rest.
 * @throws what is a bug
 */
export function failureOf(
  error: unknown,
  complain: (text: string) => void,
): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof DatasetError || error instanceof ResultsError) {
    complain(`error: ${error.message}\n`);
    return 2;
  }
  if (error instanceof CheckError) {
    complain(`error: ${error.message}\n`);
    return 1;
  }
  if (error instanceof Deno.errors.NotCapable) {
    complain(`error: ${error.message}. Choose another path\n`);
    return 2;
  }
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const meaning = SYSTEM[code ?? ""];
  if (!meaning || !path) throw error;
  complain(`error: Cannot ${syscall} ${path}: ${meaning}\n`);
  return OWN.includes(code!) ? 1 : 2;
}
