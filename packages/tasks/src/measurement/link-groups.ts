/** Sets of positions, each set's members listed one after another: set g owns members[starts[g]] … members[starts[g+1]−1]. */
export interface Groups {
  readonly count: number;
  readonly starts: Int32Array;
  readonly members: Int32Array;
}

/** Members of one family (a footprint) are joined at a greater distance than strangers. */
export interface Families {
  readonly familyOf: Int32Array;
  readonly distance: number;
}

/**
 * Friends of friends: joins positions closer than `distance` (or the families' for relatives); those not in `use` stay out.
 * Members rise within a group.
 */
export function linkGroups(
  x: Float64Array,
  y: Float64Array,
  distance: number,
  use: Uint8Array,
  families?: Families,
): Groups {
  const n = x.length;
  const parent = Int32Array.from({ length: n }, (_, k) => k);
  const find = (k: number): number => {
    while (parent[k]! !== k) k = parent[k] = parent[parent[k]!]!;
    return k;
  };
  const cells = new Map<number, number>();
  const next = new Int32Array(n).fill(-1);
  const cellSize = Math.max(distance, families?.distance ?? 0);
  const column = (v: number): number => Math.floor(v / cellSize) + 0x100000;
  for (let k = 0; k < n; k++) {
    if (!use[k] || !Number.isFinite(x[k]! + y[k]!)) continue;
    const cx = column(x[k]!);
    const cy = column(y[k]!);
    for (let j = cy - 1; j <= cy + 1; j++) {
      for (let i = cx - 1; i <= cx + 1; i++) {
        for (let m = cells.get(j * 0x400000 + i) ?? -1; m >= 0; m = next[m]!) {
          const related = families !== undefined && families.familyOf[m]! === families.familyOf[k]!;
          const reach = related ? cellSize : distance;
          if ((x[m]! - x[k]!) ** 2 + (y[m]! - y[k]!) ** 2 > reach * reach) continue;
          const a = find(m);
          const b = find(k);
          if (a < b) parent[b] = a;
          else parent[a] = b;
        }
      }
    }
    const key = cy * 0x400000 + cx;
    next[k] = cells.get(key) ?? -1;
    cells.set(key, k);
  }
  const size = new Int32Array(n + 1);
  const groupOf = new Int32Array(n).fill(-1);
  let count = 0;
  for (let k = 0; k < n; k++) {
    if (!use[k] || !Number.isFinite(x[k]! + y[k]!)) continue;
    const root = find(k);
    if (root === k) groupOf[k] = count++;
    else groupOf[k] = groupOf[root]!;
    size[groupOf[k]! + 1]!++;
  }
  for (let g = 0; g < count; g++) size[g + 1]! += size[g]!;
  const starts = size.slice(0, count + 1);
  const cursor = starts.slice();
  const members = new Int32Array(starts[count]!);
  for (let k = 0; k < n; k++) if (groupOf[k]! >= 0) members[cursor[groupOf[k]!]!++] = k;
  return { count, starts, members };
}
