/**
 * Assignment of least cost where some pairs are impossible.
 * @module
 */
import { assignRows } from "../../assignment.ts";

/**
 * Pairs rows with columns: as many finite pairs as can be, of least total
 * cost among those.
 * @param costs [rows][columns], NaN for impossible pairs
 * @returns [rows] column or -1
 */
export function assign(
  costs: readonly number[],
  rows: number,
  columns: number,
): Int32Array {
  let largest = 0;
  for (const cost of costs) if (cost > largest) largest = cost;
  // One impossible pair costs more than all possible ones together.
  const impossible = 2 * Math.min(rows, columns) * (largest + 1) + 1;
  const dense = costs.map((cost) => Number.isNaN(cost) ? impossible : cost);
  return assignRows(dense, rows, columns).map((column, row) =>
    column < 0 || Number.isNaN(costs[row * columns + column]!) ? -1 : column
  );
}
