/**
 * `pipeline status`, and the dry run: which stages would run, and why.
 * @module
 */
import { print, style } from "../loggers/mod.ts";
import { makePlan, type Plan } from "../plan.ts";
import { type Forecast, forecast } from "../run/mod.ts";

/** Prints the state of each stage. */
export async function status(
  config: string,
  overrides: string[],
  flags: { verify?: boolean; json?: boolean },
): Promise<void> {
  await showForecast(await makePlan(config, overrides), flags);
}

/** Prints what would happen to each stage of a plan. */
export async function showForecast(
  plan: Plan,
  options: Parameters<typeof forecast>[1] & { json?: boolean },
): Promise<void> {
  const forecasts = await forecast(plan, options);
  if (options.json) {
    for (const { stage, ...rest } of forecasts) {
      print(`${JSON.stringify({ type: "forecast", stage, ...rest })}\n`);
    }
    const stages = forecasts.map(({ stage, status, artifact }) => ({
      name: stage,
      status: status === "fresh" ? "cached" : "skipped",
      artifact,
      seconds: 0,
    }));
    print(`${JSON.stringify({ type: "finished", stages })}\n`);
    return;
  }
  const width = Math.max(...forecasts.map(({ stage }) => stage.length));
  for (const line of forecasts.flatMap((item) => lines(item, width))) {
    print(`${line}\n`);
  }
}

function lines(
  { stage, status, reasons, artifact }: Forecast,
  width: number,
): string[] {
  const color = {
    fresh: "green",
    stale: "yellow",
    waits: "dim",
    skipped: "dim",
  };
  const word = style(color[status] as "green", status.padEnd(7));
  const head = `${style("bold", stage.padEnd(width))}  ${word}  `;
  const indent = " ".repeat(width + 11);
  const [first = artifact ?? "", ...rest] = reasons;
  return [
    `${head}${reasons.length > 0 ? first : style("dim", first)}`.trimEnd(),
    ...rest.map((reason) => indent + reason),
  ];
}
