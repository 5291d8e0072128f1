/**
 * Assignment of least cost (Jonker and Volgenant's shortest augmenting
 * paths), where some pairs are impossible.
 * @module
 */

/**
 * Pairs rows with columns: as many finite pairs as can be, of least total
 * cost among those.
 * @param costs [rows][columns], NaN for impossible pairs
 * @returns [rows] column or -1
 */
export function assign(
  costs: Float64Array,
  rows: number,
  columns: number,
): Int32Array {
  if (rows > columns) {
    const turned = new Float64Array(costs.length);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        turned[j * rows + i] = costs[i * columns + j]!;
      }
    }
    const out = new Int32Array(rows).fill(-1);
    assign(turned, columns, rows).forEach((row, column) => {
      if (row >= 0) out[row] = column;
    });
    return out;
  }
  let largest = 0;
  for (const cost of costs) if (cost > largest) largest = cost;
  // One impossible pair costs more than all possible ones together.
  const impossible = 2 * rows * (largest + 1) + 1;
  const dense = costs.map((cost) => Number.isNaN(cost) ? impossible : cost);
  return solve(dense, rows, columns).map((column, row) =>
    Number.isNaN(costs[row * columns + column]!) ? -1 : column
  );
}

/** State of a solution that grows by one row at a time. */
interface Solution {
  costs: Float64Array;
  columns: number;
  rowDual: Float64Array;
  columnDual: Float64Array;
  /** [columns] row or -1. */
  rowOf: Int32Array;
  /** [rows] column or -1. */
  columnOf: Int32Array;
}

/** rows <= columns, all costs finite; [rows] column of each row. */
function solve(
  costs: Float64Array,
  rows: number,
  columns: number,
): Int32Array {
  const solution: Solution = {
    costs,
    columns,
    rowDual: new Float64Array(rows),
    columnDual: new Float64Array(columns),
    rowOf: new Int32Array(columns).fill(-1),
    columnOf: new Int32Array(rows).fill(-1),
  };
  for (let row = 0; row < rows; row++) addRow(solution, row);
  return solution.columnOf;
}

/** Adds a row along the shortest path to a free column (Dijkstra). */
function addRow(solution: Solution, start: number): void {
  const { columns, rowDual, columnDual, rowOf, columnOf } = solution;
  const distance = new Float64Array(columns).fill(Infinity);
  const before = new Int32Array(columns).fill(-1);
  const done = new Uint8Array(columns);
  const scanned: number[] = [];
  let row = start, column = -1, length = 0;
  while (row >= 0) {
    scanned.push(row);
    column = relax(solution, row, length, distance, before, done);
    length = distance[column]!;
    done[column] = 1;
    row = rowOf[column]!;
  }
  for (const i of scanned) {
    rowDual[i]! += i === start ? length : length - distance[columnOf[i]!]!;
  }
  for (let j = 0; j < columns; j++) {
    if (done[j]) columnDual[j]! -= length - distance[j]!;
  }
  for (let i = -1; i !== start;) {
    i = before[column]!;
    rowOf[column] = i;
    [columnOf[i], column] = [column, columnOf[i]!];
  }
}

/** Shortens distances through a row; returns the nearest open column. */
function relax(
  { costs, columns, rowDual, columnDual, rowOf }: Solution,
  row: number,
  length: number,
  distance: Float64Array,
  before: Int32Array,
  done: Uint8Array,
): number {
  let nearest = -1, least = Infinity;
  for (let j = 0; j < columns; j++) {
    if (done[j]) continue;
    const through = length + costs[row * columns + j]! - rowDual[row]! -
      columnDual[j]!;
    if (through < distance[j]!) {
      distance[j] = through;
      before[j] = row;
    }
    const free = distance[j] === least && rowOf[j]! < 0;
    if (distance[j]! < least || free) {
      least = distance[j]!;
      nearest = j;
    }
  }
  return nearest;
}
