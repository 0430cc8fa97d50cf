/** What quantising a tile needs to know of its pixels; NaN pixels are left out. */
export interface TileNoise {
  readonly good: number;
  readonly min: number;
  readonly max: number;
  /** Standard deviation of the noise, the least of three estimates; 0 for a constant tile. */
  readonly sigma: number;
}

type Floats = Float32Array | Float64Array;

/** From median absolute differences of order 2, 3 and 5 to the standard deviation of Gaussian noise. */
const TO_SIGMA = [1.0483579, 0.6052697, 0.1772048] as const;
/** Pixels a row must have for the widest difference. */
const SPAN = 9;

/** Memory that estimates reuse from tile to tile. */
export interface NoiseScratch {
  row: Floats;
  readonly differences: [Floats, Floats, Floats];
  readonly histogram: Int32Array;
}

/** Scratch for tiles of the given pixel type and row length. */
export function createNoiseScratch(like: Floats, length: number): NoiseScratch {
  const make = (): Floats =>
    like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  return { row: make(), differences: [make(), make(), make()], histogram: new Int32Array(2048) };
}

/**
 * Estimates the noise of a tile of `width` columns by median absolute differences (Stoehr et al. 2007, ST-ECF Newsletter 42) of order 2, 3 and
 * 5 along each row, the median over rows, and the least of the three, as cfitsio does, so that both choose the same step.
 */
export function estimateNoise(pixels: Floats, width: number, scratch: NoiseScratch): TileNoise {
  const rowLength = width < SPAN ? pixels.length : width;
  const medians: [number[], number[], number[]] = [[], [], []];
  let good = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < pixels.length; start += rowLength) {
    const row = dropNaN(pixels.subarray(start, start + rowLength), scratch);
    good += row.length;
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (row.length >= SPAN) addRowMedians(row, scratch, medians, start === 0);
  }
  const estimates = medians.map((values, order) => medianOfRows(values) * TO_SIGMA[order]!);
  let sigma = estimates[1]!;
  for (const estimate of [estimates[0]!, estimates[2]!])
    if (estimate !== 0 && estimate < sigma) sigma = estimate;
  return { good, min, max, sigma };
}

/** The row itself when it holds no NaN, else a copy without them. */
function dropNaN(row: Floats, scratch: NoiseScratch): Floats {
  let first = 0;
  while (first < row.length && !Number.isNaN(row[first])) first++;
  if (first === row.length) return row;
  const kept = scratch.row;
  let count = 0;
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    if (!Number.isNaN(value)) kept[count++] = value;
  }
  return kept.subarray(0, count);
}

function addRowMedians(
  row: Floats,
  scratch: NoiseScratch,
  medians: readonly [number[], number[], number[]],
  isFirst: boolean,
): void {
  const [second, third, fifth] = scratch.differences;
  const counts =
    row instanceof Float32Array
      ? fillSingle(row, second as Float32Array, third as Float32Array, fifth as Float32Array)
      : fillDouble(row, second as Float64Array, third as Float64Array, fifth as Float64Array);
  if (counts.far === 0) return;
  if (counts.near > 1 || (counts.near === 1 && counts.far === 1)) {
    // cfitsio takes this median over as many places as the wider differences have. In a tile's first row, the only one unless
    // told, those left over by stretches of equal pixels hold zeros; in later rows something of the rows before: not followed.
    if (isFirst) second.fill(0, counts.near, counts.far);
    medians[0].push(lowerMedian(second.subarray(0, isFirst ? counts.far : counts.near), scratch));
  }
  medians[1].push(lowerMedian(third.subarray(0, counts.far), scratch));
  medians[2].push(lowerMedian(fifth.subarray(0, counts.far), scratch));
}

interface Counts {
  readonly near: number;
  readonly far: number;
}

/** Absolute differences in single precision; stretches of equal pixels (no noise there) are left out. */
function fillSingle(
  row: Float32Array,
  second: Float32Array,
  third: Float32Array,
  fifth: Float32Array,
): Counts {
  const f = Math.fround;
  let near = 0;
  let far = 0;
  for (let i = 8; i < row.length; i++) {
    const v3 = row[i - 6]!;
    const v5 = row[i - 4]!;
    const v6 = row[i - 3]!;
    const v7 = row[i - 2]!;
    const flat = v5 === v6 && v6 === v7;
    if (!flat) second[near++] = Math.abs(f(v5 - v7));
    if (flat && v3 === row[i - 5] && v3 === v5) continue;
    third[far] = Math.abs(f(f(f(2 * v5) - v3) - v7));
    fifth[far++] = Math.abs(f(f(f(f(f(6 * v5) - f(4 * v3)) - f(4 * v7)) + row[i - 8]!) + row[i]!));
  }
  return { near, far };
}

/** The same in double precision. */
function fillDouble(
  row: Float64Array,
  second: Float64Array,
  third: Float64Array,
  fifth: Float64Array,
): Counts {
  let near = 0;
  let far = 0;
  for (let i = 8; i < row.length; i++) {
    const v3 = row[i - 6]!;
    const v5 = row[i - 4]!;
    const v6 = row[i - 3]!;
    const v7 = row[i - 2]!;
    const flat = v5 === v6 && v6 === v7;
    if (!flat) second[near++] = Math.abs(v5 - v7);
    if (flat && v3 === row[i - 5] && v3 === v5) continue;
    third[far] = Math.abs(2 * v5 - v3 - v7);
    fifth[far++] = Math.abs(6 * v5 - 4 * v3 - 4 * v7 + row[i - 8]! + row[i]!);
  }
  return { near, far };
}

/** The element of rank ⌊(n − 1) / 2⌋ of non-negative numbers; their order is changed. */
function lowerMedian(values: Floats, scratch: NoiseScratch): number {
  const rank = (values.length - 1) >> 1;
  if (values instanceof Float64Array) return selectRank(values, rank);
  // Non-negative floats sort like their bits: a histogram of the top 11 narrows the search to a few values.
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const { histogram } = scratch;
  histogram.fill(0);
  for (let i = 0; i < bits.length; i++) histogram[bits[i]! >>> 20]!++;
  let bin = 0;
  let below = 0;
  while (below + histogram[bin]! <= rank) below += histogram[bin++]!;
  let count = 0;
  for (let i = 0; i < bits.length; i++) if (bits[i]! >>> 20 === bin) values[count++] = values[i]!;
  return selectRank(values.subarray(0, count), rank - below);
}

/** Quickselect (Hoare): the element that sorting would put at `rank`. */
function selectRank(values: Floats, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank]!;
}

function medianOfRows(values: number[]): number {
  if (values.length === 0) return 0;
  values.sort((a, b) => a - b);
  return (values[(values.length - 1) >> 1]! + values[values.length >> 1]!) / 2;
}
