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

/** rows <= columns, all costs finite; [rows] column of each row. */
function solve(
  costs: Float64Array,
  rows: number,
  columns: number,
): Int32Array {
  const rowDual = new Float64Array(rows);
  const columnDual = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  const columnOf = new Int32Array(rows).fill(-1);
  for (let start = 0; start < rows; start++) {
    const distance = new Float64Array(columns).fill(Infinity);
    const before = new Int32Array(columns).fill(-1);
    const done = new Uint8Array(columns);
    let row = start, sink = -1, length = 0;
    const scanned: number[] = [];
    while (sink < 0) {
      scanned.push(row);
      let next = -1, least = Infinity;
      for (let j = 0; j < columns; j++) {
        if (done[j]) continue;
        const through = length + costs[row * columns + j]! - rowDual[row]! -
          columnDual[j]!;
        if (through < distance[j]!) {
          distance[j] = through;
          before[j] = row;
        }
        if (
          distance[j]! < least || (distance[j] === least && rowOf[j]! < 0)
        ) {
          least = distance[j]!;
          next = j;
        }
      }
      length = least;
      done[next] = 1;
      if (rowOf[next]! < 0) sink = next;
      else row = rowOf[next]!;
    }
    for (const i of scanned) {
      rowDual[i]! += i === start ? length : length - distance[columnOf[i]!]!;
    }
    for (let j = 0; j < columns; j++) {
      if (done[j]) columnDual[j]! -= length - distance[j]!;
    }
    for (let column = sink;;) {
      const i = before[column]!;
      rowOf[column] = i;
      const old = columnOf[i]!;
      columnOf[i] = column;
      if (i === start) break;
      column = old;
    }
  }
  return columnOf;
}
