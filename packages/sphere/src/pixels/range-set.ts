/** Pixel numbers as ascending, disjoint, non-touching ranges, each from its first number to one past its last. */
export type PixelRanges = readonly (readonly [begin: number, end: number])[];

/** A list of ranges that can be added to in ascending order. */
export type MutableRanges = [begin: number, end: number][];

/** Appends a range that begins at or after the end of the last; touching ranges become one. */
export function appendRange(ranges: MutableRanges, begin: number, end: number): void {
  const last = ranges[ranges.length - 1];
  if (last !== undefined && begin <= last[1]) last[1] = Math.max(last[1], end);
  else ranges.push([begin, end]);
}

/** Ranges of any single numbers. */
export function rangesOfPixels(pixels: Iterable<number>): PixelRanges {
  const ranges: MutableRanges = [];
  for (const pixel of [...pixels].sort((a, b) => a - b)) appendRange(ranges, pixel, pixel + 1);
  return ranges;
}

/** What is in either. */
export function joinRanges(a: PixelRanges, b: PixelRanges): PixelRanges {
  const joined: MutableRanges = [];
  for (const [begin, end] of [...a, ...b].sort((p, q) => p[0] - q[0])) appendRange(joined, begin, end);
  return joined;
}

/** What is in both. */
export function intersectRanges(a: PixelRanges, b: PixelRanges): PixelRanges {
  const common: MutableRanges = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [beginA, endA] = a[i]!;
    const [beginB, endB] = b[j]!;
    const begin = Math.max(beginA, beginB);
    const end = Math.min(endA, endB);
    if (begin < end) common.push([begin, end]);
    if (endA < endB) i++;
    else j++;
  }
  return common;
}

/** How many numbers the ranges hold. */
export function countPixels(ranges: PixelRanges): number {
  return ranges.reduce((sum, [begin, end]) => sum + end - begin, 0);
}

/** The numbers themselves, ascending. */
export function* listPixels(ranges: PixelRanges): Generator<number> {
  for (const [begin, end] of ranges) for (let pixel = begin; pixel < end; pixel++) yield pixel;
}

/** Whether a number is in the ranges. */
export function rangesContain(ranges: PixelRanges, pixel: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] <= pixel) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= pixel;
}
