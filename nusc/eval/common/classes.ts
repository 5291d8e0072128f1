/**
 * Which classes are evaluated, and which of them have nothing to be found.
 * @module
 */
import { ResultsError } from "../../errors.ts";

/**
 * The chosen classes in a task's own order.
 * @param known all classes of the task
 * @param classes default: all
 * @throws {ResultsError} naming those that do not exist
 */
export function chooseClasses<Name extends string>(
  known: readonly Name[],
  classes: readonly string[] = known,
): Name[] {
  const unknown = classes.filter((name) => !known.includes(name as Name));
  if (unknown.length || !classes.length) {
    throw new ResultsError(
      `Found the class ${unknown.join(", ") || "list empty"}, expected some ` +
        `of ${known.join(", ")}`,
    );
  }
  return known.filter((name) => classes.includes(name));
}
