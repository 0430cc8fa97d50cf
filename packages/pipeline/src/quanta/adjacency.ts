import { rankKeys } from "./coded-rows.ts";

/** For each of `offsets.length − 1` members, a run of `items`: `items[offsets[i]] … items[offsets[i + 1] − 1]`. */
export interface Adjacency {
  readonly offsets: Uint32Array;
  readonly items: Uint32Array;
}

/** Links left to right members that occur in the same row; each run is ascending and without repeats. */
export function linkMembers(
  left: Int32Array,
  leftCount: number,
  right: Int32Array,
  rightCount: number,
): Adjacency {
  const keys = new Float64Array(left.length);
  const radix = Math.max(1, rightCount);
  for (let row = 0; row < left.length; row++) keys[row] = left[row]! * radix + right[row]!;
  const { distinct } = rankKeys(keys);
  const offsets = new Uint32Array(leftCount + 1);
  const items = new Uint32Array(distinct.length);
  for (let i = 0; i < distinct.length; i++) {
    const member = Math.floor(distinct[i]! / radix);
    items[i] = distinct[i]! - member * radix;
    offsets[member + 1] = i + 1;
  }
  for (let member = 1; member <= leftCount; member++) {
    if (offsets[member] === 0) offsets[member] = offsets[member - 1]!;
  }
  return { offsets, items };
}

/** An adjacency from lists. */
export function packLists(lists: readonly (readonly number[])[]): Adjacency {
  const offsets = new Uint32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i]! + list.length;
  const items = new Uint32Array(offsets.at(-1)!);
  for (const [i, list] of lists.entries()) items.set(list, offsets[i]!);
  return { offsets, items };
}

/** Drops the items for which `keep` is false; members stay. */
export function filterItems(links: Adjacency, keep: (item: number, member: number) => boolean): Adjacency {
  const offsets = new Uint32Array(links.offsets.length);
  const items = new Uint32Array(links.items.length);
  let count = 0;
  for (let member = 0; member + 1 < offsets.length; member++) {
    for (let i = links.offsets[member]!; i < links.offsets[member + 1]!; i++) {
      if (keep(links.items[i]!, member)) items[count++] = links.items[i]!;
    }
    offsets[member + 1] = count;
  }
  return { offsets, items: items.slice(0, count) };
}

/** The items of one member. */
export function itemsOf(links: Adjacency, member: number): Uint32Array {
  return links.items.subarray(links.offsets[member]!, links.offsets[member + 1]!);
}

/** Number of items of one member. */
export function countOf(links: Adjacency, member: number): number {
  return links.offsets[member + 1]! - links.offsets[member]!;
}
