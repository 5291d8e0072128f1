/**
 * `pipeline graph`: the stages and what they need.
 * @module
 */
import { print, style } from "../loggers/mod.ts";
import { makePlan, type PlannedStage } from "../plan.ts";

/** Prints a tree from the last results down, or Mermaid's text. */
export async function graph(
  config: string,
  overrides: string[],
  { mermaid = false }: { mermaid?: boolean },
): Promise<void> {
  const { stages } = await makePlan(config, overrides);
  const lines = mermaid ? drawMermaid(stages) : drawTree(stages);
  for (const line of lines) print(`${line}\n`);
}

/** Lines of a Mermaid flowchart; edges carry an input's name if it differs. */
export function drawMermaid(stages: readonly PlannedStage[]): string[] {
  const ids = new Map(stages.map(({ name }, index) => [name, `s${index}`]));
  return [
    "graph LR",
    ...stages.map(({ name }) => `  ${ids.get(name)}["${name}"]`),
    ...stages.flatMap(({ name, needs }) =>
      Object.entries(needs).map(([input, need]) => {
        const label = input === need ? "" : `|${input}|`;
        return `  ${ids.get(need)} -->${label} ${ids.get(name)}`;
      })
    ),
  ];
}

/** Lines of a tree: below each stage, the stages that it needs. */
export function drawTree(stages: readonly PlannedStage[]): string[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const needed = new Set(stages.flatMap(({ needs }) => Object.values(needs)));
  const shown = new Set<string>();
  const lines: string[] = [];

  function draw(name: string, head: string, indent: string): void {
    const { module, needs } = byName.get(name)!;
    const children = [...new Set(Object.values(needs))];
    const isRepeated = shown.has(name) && children.length > 0;
    shown.add(name);
    const text = isRepeated ? "(see above)" : module.description;
    lines.push(`${head}${style("bold", name)}  ${style("dim", text)}`);
    if (isRepeated) return;
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      const branch = isLast ? "└─ " : "├─ ";
      draw(child, indent + branch, indent + (isLast ? "   " : "│  "));
    }
  }

  for (const { name } of stages) if (!needed.has(name)) draw(name, "", "");
  return lines;
}
