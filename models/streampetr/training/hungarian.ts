/**
 * The rectangular linear assignment problem by shortest augmenting paths
 * (Jonker and Volgenant 1987; rectangular after Crouse 2016, as in scipy's
 * linear_sum_assignment, down to how it breaks ties).
 * @module
 */

/** Costs of putting a row to a column, row-major [rows, columns]. */
export interface Costs {
  /** None may be NaN. */
  data: Float64Array;
  /** What candidates are for, such as objects. */
  rows: number;
  /** Candidates, such as predictions. */
  columns: number;
}

/**
 * The one-to-one assignment of least total cost: min(rows, columns) pairs.
 *
 * @returns [rows] the column of each row, −1 for rows left over.
 * @throws {RangeError} when the sizes disagree or no assignment is finite.
 */
export function assign({ data, rows, columns }: Costs): Int32Array {
  if (data.length !== rows * columns) {
    throw new RangeError(
      `Cannot assign: ${data.length} costs, expected ${rows}x${columns}`,
    );
  }
  if (rows <= columns) return augmentRows(data, rows, columns);
  const rowOf = augmentRows(transpose(data, rows, columns), columns, rows);
  const columnOf = new Int32Array(rows).fill(-1);
  rowOf.forEach((row, column) => columnOf[row] = column);
  return columnOf;
}

/** The same pairs as [columns] the row of each column, −1 for those left. */
export function assignColumns(costs: Costs): Int32Array {
  const rowOf = new Int32Array(costs.columns).fill(-1);
  assign(costs).forEach((column, row) => {
    if (column >= 0) rowOf[column] = row;
  });
  return rowOf;
}

function transpose(data: Float64Array, rows: number, columns: number) {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      out[j * rows + i] = data[i * columns + j]!;
    }
  }
  return out;
}

/** The state of the search: duals and pairs so far, then the current tree. */
interface Search {
  cost: Float64Array;
  columns: number;
  /** Dual variables of rows and columns. */
  u: Float64Array;
  v: Float64Array;
  columnOf: Int32Array;
  rowOf: Int32Array;
  /** Least cost of a path to a column, and the row before it. */
  distance: Float64Array;
  before: Int32Array;
  /** Columns outside the tree come first, those inside after `open`. */
  order: Int32Array;
  open: number;
  /** Rows in the tree. */
  tree: Int32Array;
  treeSize: number;
}

function augmentRows(cost: Float64Array, rows: number, columns: number) {
  const search: Search = {
    cost,
    columns,
    u: new Float64Array(rows),
    v: new Float64Array(columns),
    columnOf: new Int32Array(rows).fill(-1),
    rowOf: new Int32Array(columns).fill(-1),
    distance: new Float64Array(columns),
    before: new Int32Array(columns),
    order: new Int32Array(columns),
    open: columns,
    tree: new Int32Array(rows),
    treeSize: 0,
  };
  for (let row = 0; row < rows; row++) {
    const { sink, length } = shortestPath(search, row);
    updateDuals(search, row, length);
    augment(search, row, sink);
  }
  return search.columnOf;
}

/** Grows a tree of alternating paths from a row to the nearest free column. */
function shortestPath(s: Search, start: number) {
  const { cost, columns, u, v, rowOf, distance, before, order } = s;
  distance.fill(Infinity);
  for (let k = 0; k < columns; k++) order[k] = columns - 1 - k;
  s.treeSize = 0;
  let open = columns, row = start, length = 0;
  while (true) {
    s.tree[s.treeSize++] = row;
    const base = length - u[row]!;
    const first = row * columns;
    let place = -1, lowest = Infinity;
    for (let k = 0; k < open; k++) {
      const column = order[k]!;
      const through = base + cost[first + column]! - v[column]!;
      if (through < distance[column]!) {
        distance[column] = through;
        before[column] = row;
      }
      const reach = distance[column]!;
      // Among equal paths one that ends here saves growing the tree.
      if (reach < lowest || (reach === lowest && rowOf[column] === -1)) {
        lowest = reach;
        place = k;
      }
    }
    if (lowest === Infinity) {
      throw new RangeError("Cannot assign: no assignment has a finite cost");
    }
    length = lowest;
    const column = order[place]!;
    order[place] = order[--open]!;
    order[open] = column;
    if (rowOf[column] === -1) {
      s.open = open;
      return { sink: column, length };
    }
    row = rowOf[column]!;
  }
}

/** Keeps reduced costs non-negative, and zero along the new path. */
function updateDuals(s: Search, start: number, length: number): void {
  const { u, v, columnOf, distance, order } = s;
  u[start]! += length;
  for (let k = 1; k < s.treeSize; k++) {
    const row = s.tree[k]!;
    u[row]! += length - distance[columnOf[row]!]!;
  }
  for (let k = s.open; k < s.columns; k++) {
    const column = order[k]!;
    v[column]! -= length - distance[column]!;
  }
}

/** Swaps pairs along the path that ends in a free column. */
function augment(s: Search, start: number, sink: number): void {
  let column = sink;
  while (true) {
    const row = s.before[column]!;
    s.rowOf[column] = row;
    const next = s.columnOf[row]!;
    s.columnOf[row] = column;
    if (row === start) return;
    column = next;
  }
}
