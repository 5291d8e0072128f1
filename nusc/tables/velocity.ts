/**
 * Velocity of an annotated box from its neighbours in time.
 * Source: nuscenes-devkit, NuScenes.box_velocity.
 * @module
 */
import type { Dataset } from "./dataset.ts";

/** Longest time between neighbours, seconds. */
const MAX_GAP = 1.5;

/**
 * m/s along x, y, z of the global frame: the centred difference where both
 * neighbours exist (over at most twice the gap), else the one-sided; NaN
 * where there is no neighbour or the gap is too long.
 */
export function boxVelocity(dataset: Dataset, annotation: number): number[] {
  const { annotations, samples } = dataset;
  const previous = annotations.previous[annotation]!;
  const next = annotations.next[annotation]!;
  if (previous < 0 && next < 0) return [NaN, NaN, NaN];
  const first = previous < 0 ? annotation : previous;
  const last = next < 0 ? annotation : next;
  const seconds = (row: number) =>
    1e-6 * samples.rows[annotations.sample[row]!]!.timestamp;
  const elapsed = seconds(last) - seconds(first);
  const limit = previous >= 0 && next >= 0 ? 2 * MAX_GAP : MAX_GAP;
  if (elapsed > limit) return [NaN, NaN, NaN];
  const { translation } = annotations;
  return [0, 1, 2].map((axis) =>
    (translation[3 * last + axis]! - translation[3 * first + axis]!) / elapsed
  );
}
