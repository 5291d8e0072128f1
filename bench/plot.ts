/**
 * Draws scalars of a training run as an SVG.
 *
 *     deno run --allow-read --allow-write bench/plot.ts SCALARS OUT KEY …
 *
 * SCALARS is a run's `scalars.json`; each KEY becomes a panel.
 * @module
 */
const [scalars, out, ...keys] = Deno.args;
if (!scalars || !out || keys.length === 0) {
  console.error("Expected SCALARS OUT KEY …");
  Deno.exit(2);
}

const WIDTH = 360;
const HEIGHT = 200;
const MARGIN = { left: 52, right: 28, top: 28, bottom: 32 };

const rows = Deno.readTextFileSync(scalars).trim().split("\n")
  .map((line) => JSON.parse(line) as Record<string, number>);
const panels = keys.map((key, i) => panel(key, i * WIDTH));
Deno.writeTextFileSync(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH * keys.length}" ` +
    `height="${HEIGHT}" font-family="sans-serif" font-size="11">` +
    `<rect width="100%" height="100%" fill="#fff"/>${panels.join("")}</svg>\n`,
);

/** One curve over iterations with its axes. */
function panel(key: string, x: number): string {
  const points = rows.filter((row) => key in row)
    .map((row) => [row.step!, row[key]!] as const);
  const last = Math.max(...points.map(([step]) => step));
  const top = ceiling(Math.max(...points.map(([, value]) => value)));
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  const at = (step: number, value: number) => [
    round(MARGIN.left + width * step / last),
    round(MARGIN.top + height * (1 - value / top)),
  ];
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const [, y] = at(0, share * top);
    return `<path d="M${MARGIN.left} ${y}h${width}" stroke="#ddd"/>` +
      `<text x="${MARGIN.left - 6}" y="${y! + 4}" text-anchor="end">` +
      `${round(share * top)}</text>`;
  });
  const ticks = [0, last / 2, last].map((step) =>
    `<text x="${at(step, 0)[0]}" y="${HEIGHT - 12}" text-anchor="middle">` +
    `${step}</text>`
  );
  const line = points.map(([step, value]) => at(step, value).join(" "));
  const dots = points.length > 20 ? [] : points.map(([step, value]) => {
    const [cx, cy] = at(step, value);
    return `<circle cx="${cx}" cy="${cy}" r="3" fill="#0b6"/>`;
  });
  return `<g transform="translate(${x} 0)">` +
    `<text x="${MARGIN.left}" y="17" font-weight="bold">${key}</text>` +
    grid.join("") + ticks.join("") +
    `<path d="M${line.join("L")}" fill="none" stroke="#0b6" ` +
    `stroke-width="1.6"/>${dots.join("")}</g>`;
}

/** A round number at or above. */
function ceiling(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((k) => k * unit).find((k) => k >= value)!;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
