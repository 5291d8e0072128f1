/**
 * The rectangular linear assignment problem by shortest augmenting paths
 * (Jonker and Volgenant 1987; rectangular after Crouse 2016). Sums, ties and
 * the order of the search are those of scipy's linear_sum_assignment, which
 * the Python tools call: with costs too far apart for float64 it errs where
 * scipy errs.
 * @module
 */

/** [rows][columns], row by row. */
type Costs = readonly number[] | Float64Array;

/**
 * The one-to-one assignment of least total cost: min(rows, columns) pairs.
 * @param costs [rows][columns], none of them NaN
 * @returns [rows] column or -1
 * @throws {RangeError} if the sizes disagree or no assignment is finite
 */
export function assignRows(
  costs: Costs,
  rows: number,
  columns: number,
): Int32Array {
  if (costs.length !== rows * columns) {
    throw new RangeError(
      `Cannot assign: ${costs.length} costs, expected ${rows}x${columns}`,
    );
  }
  if (rows <= columns) return solve(costs, rows, columns);
  const out = new Int32Array(rows).fill(-1);
  solve(transpose(costs, rows, columns), columns, rows).forEach(
    (row, column) => out[row] = column,
  );
  return out;
}

function transpose(costs: Costs, rows: number, columns: number) {
  const out = new Float64Array(costs.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      out[j * rows + i] = costs[i * columns + j]!;
    }
  }
  return out;
}

/**
 * A solution that grows by one row at a time, and its current search. Most
 * tables are tiny and many: plain lists are made faster than typed arrays.
 */
interface Search {
  costs: Costs;
  columns: number;
  rowDual: number[];
  columnDual: number[];
  /** [rows] column or -1. */
  columnOf: Int32Array;
  /** [columns] row or -1. */
  rowOf: number[];
  /** Least cost of a path to a column, and the row before it. */
  distance: number[];
  before: number[];
  /** Columns not yet reached come first, reached ones from `open`. */
  order: number[];
  open: number;
  /** Rows reached. */
  reached: number[];
}

/** rows <= columns. */
function solve(costs: Costs, rows: number, columns: number): Int32Array {
  const search: Search = {
    costs,
    columns,
    rowDual: list(rows, 0),
    columnDual: list(columns, 0),
    columnOf: new Int32Array(rows).fill(-1),
    rowOf: list(columns, -1),
    distance: list(columns, Infinity),
    before: list(columns, -1),
    order: list(columns, 0),
    open: columns,
    reached: [],
  };
  for (let row = 0; row < rows; row++) addRow(search, row);
  return search.columnOf;
}

function list(length: number, value: number): number[] {
  return new Array<number>(length).fill(value);
}

/** Assigns a row along the shortest path to a free column (Dijkstra). */
function addRow(search: Search, start: number): void {
  const { columns, distance, order, rowOf, reached } = search;
  distance.fill(Infinity);
  for (let k = 0; k < columns; k++) order[k] = columns - 1 - k;
  search.open = columns;
  reached.length = 0;
  let row = start, column = -1, length = 0;
  while (row >= 0) {
    reached.push(row);
    column = relax(search, row, length);
    length = distance[column]!;
    row = rowOf[column]!;
  }
  updateDuals(search, start, length);
  augment(search, start, column);
}

/** Shortens distances through a row; reaches the nearest open column. */
function relax(search: Search, row: number, length: number): number {
  const { costs, columns, columnDual, rowOf, distance, before } = search;
  const { order } = search;
  const rowDual = search.rowDual[row]!;
  let place = -1, least = Infinity;
  for (let k = 0; k < search.open; k++) {
    const column = order[k]!;
    // In this order of additions, see the head of the file.
    const through = length + costs[row * columns + column]! - rowDual -
      columnDual[column]!;
    if (through < distance[column]!) {
      distance[column] = through;
      before[column] = row;
    }
    const reach = distance[column]!;
    // Among equal paths one that ends here saves further search.
    if (reach < least || (reach === least && rowOf[column] === -1)) {
      least = reach;
      place = k;
    }
  }
  if (least === Infinity) {
    throw new RangeError("Cannot assign: no assignment has a finite cost");
  }
  const nearest = order[place]!;
  order[place] = order[--search.open]!;
  order[search.open] = nearest;
  return nearest;
}

/** Keeps reduced costs non-negative, and zero along the new path. */
function updateDuals(search: Search, start: number, length: number): void {
  const { rowDual, columnDual, columnOf, distance, order, reached } = search;
  for (const row of reached) {
    rowDual[row]! += row === start ? length : length -
      distance[columnOf[row]!]!;
  }
  for (let k = search.open; k < search.columns; k++) {
    const column = order[k]!;
    columnDual[column]! -= length - distance[column]!;
  }
}

/** Swaps pairs along the path that ends in a free column. */
function augment(search: Search, start: number, column: number): void {
  const { before, rowOf, columnOf } = search;
  for (let row = -1; row !== start;) {
    row = before[column]!;
    rowOf[column] = row;
    [columnOf[row], column] = [column, columnOf[row]!];
  }
}
