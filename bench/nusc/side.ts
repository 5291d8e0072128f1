/**
 * The kit and the devkit on the same files.
 * @module
 */
import { measurePeer } from "../peer/python.ts";
import type { BenchContext, Line } from "../run/bench.ts";
import { measureOurs } from "../run/child.ts";

/** How the sides run, besides the context. */
interface Sides extends BenchContext {
  /** Our processes, of which the fastest counts. */
  runs?: number;
  /** What only the peer is given. */
  more?: readonly string[];
}

/**
 * Times `nusc/ours/NAME.ts` and `peer/NAME.py`.
 * @throws {Error} if the peer's facts differ from ours
 */
export async function sideBySide(
  name: string,
  args: readonly string[],
  { python, say, runs, more = [] }: Sides,
): Promise<Pick<Line, "ours" | "peer">> {
  const ours = await measureOurs(`nusc/ours/${name}.ts`, args, runs);
  say(`${name}: ${JSON.stringify(ours.facts)}`);
  if (!python) return { ours };
  say(`${name}: the peer, too; this takes a while`);
  const peer = await measurePeer(python, `${name}.py`, [...args, ...more]);
  for (const [key, value] of Object.entries(peer.facts)) {
    const difference = Math.abs(Number(ours.facts[key]) - Number(value));
    if (difference <= 1e-8) continue;
    throw new Error(
      `Found ${key} ${ours.facts[key]}, the peer says ${value}`,
    );
  }
  return { ours, peer };
}
