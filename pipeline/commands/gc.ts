/**
 * `pipeline gc`: removes what no recent run uses.
 * @module
 */
import { bytes, print } from "../loggers/mod.ts";
import { collect } from "../store/mod.ts";

/** Removes, or with `dryRun` lists, what the last runs do not use. */
export function gc(
  { keep, dryRun = false }: { keep: number; dryRun?: boolean },
): void {
  const { removed, busy } = collect(keep, dryRun);
  const verb = dryRun ? "would remove" : "removed";
  for (const item of removed) {
    print(`${verb} ${item.path} (${bytes(item.bytes)})\n`);
  }
  for (const path of busy) print(`kept ${path}: a run uses it now\n`);
  const total = removed.reduce((sum, item) => sum + item.bytes, 0);
  print(
    removed.length === 0
      ? "Nothing to remove\n"
      : `${dryRun ? "Would free" : "Freed"} ${bytes(total)}\n`,
  );
}
