/**
 * Rows by the group they belong to, without an object per group.
 * @module
 */

/** Rows of all groups in one array. */
export interface Groups {
  /** [groups + 1] where each begins. */
  starts: Int32Array;
  /** [rows] in their old order within a group. */
  rows: Int32Array;
  /** Rows of one group, a view. */
  of(group: number): Int32Array;
}

/** @param groupOf [rows] below `count`; rows with -1 are in no group */
export function group(groupOf: Int32Array, count: number): Groups {
  const starts = new Int32Array(count + 1);
  for (const index of groupOf) if (index >= 0) starts[index + 1]!++;
  for (let i = 0; i < count; i++) starts[i + 1]! += starts[i]!;
  const next = starts.slice();
  const rows = new Int32Array(starts[count]!);
  groupOf.forEach((index, row) => {
    if (index >= 0) rows[next[index]!++] = row;
  });
  return {
    starts,
    rows,
    of: (index) => rows.subarray(starts[index]!, starts[index + 1]!),
  };
}
