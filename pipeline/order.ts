/**
 * The order in which stages run.
 * @module
 */
import type { Pipeline, Place, Problem, StageEntry } from "./config/mod.ts";

/**
 * Stages with those that they need before them, otherwise in the order of the
 * config. Cycles are added to `problems`.
 */
export function sortStages(
  { stages }: Pipeline,
  problems: Problem[],
): StageEntry[] {
  const sorted: StageEntry[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const blamed = new Set<Place>();

  function visit(name: string): void {
    const stage = stages.get(name);
    if (!stage || done.has(name)) return;
    const start = path.indexOf(name);
    if (start >= 0) {
      const problem = cycle(stages, path.slice(start));
      // One wrong need often closes many circles: the first tells it.
      if (!blamed.has(problem.place)) problems.push(problem);
      blamed.add(problem.place);
      return;
    }
    path.push(name);
    for (const need of stage.needs.values()) visit(need.stage);
    path.pop();
    done.add(name);
    sorted.push(stage);
  }

  for (const name of stages.keys()) visit(name);
  return sorted;
}

/** Each member of a cycle points at the need that leads to the next. */
function cycle(
  stages: Pipeline["stages"],
  names: string[],
): Problem & { place: Place } {
  const places = names.map((name, index) => {
    const next = names[(index + 1) % names.length]!;
    const needs = [...stages.get(name)!.needs.values()];
    return needs.find(({ stage }) => stage === next)!.place;
  });
  const [place, ...others] = places;
  return {
    message: `Stages need each other in a circle: ${
      [...names, names[0]].join(" → ")
    }`,
    place: place!,
    also: others.map((place, index) => ({
      note: `where ${names[index + 1]} needs ` +
        names[(index + 2) % names.length],
      place,
    })),
  };
}

/** Stages that a stage needs, directly or not. */
export function ancestors(
  stages: readonly { name: string; needs: Record<string, string> }[],
  name: string,
): Set<string> {
  const found = new Set<string>();
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const open = [name];
  for (const next of open) {
    for (const need of Object.values(byName.get(next)?.needs ?? {})) {
      if (found.has(need)) continue;
      found.add(need);
      open.push(need);
    }
  }
  return found;
}
