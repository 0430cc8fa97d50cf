import type { Box, RawAmplifier } from "@almagest/images";

/** The bias level of one amplifier as its overscan shows it. */
export interface Overscan {
  /** Level of each raw row, ADU. */
  readonly rowLevel: Float64Array;
  /** Median of the row levels, ADU. */
  readonly level: number;
  /** Clipped standard deviation about the row levels, ADU. */
  readonly noise: number;
}

/** Median of the first `count` values, which are put into order on the way (insertion sort: counts are small). */
function sortedMedian(values: Float64Array, count: number): number {
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let j = i - 1;
    while (j >= 0 && values[j]! > value) {
      values[j + 1] = values[j]!;
      j--;
    }
    values[j + 1] = value;
  }
  const half = count >> 1;
  return count % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
}

function copyRow(raw: RawAmplifier, box: Box, y: number, into: Float64Array): void {
  const start = y * raw.width + box.x0;
  for (let i = 0; i < box.width; i++) into[i] = raw.data[start + i]!;
}

/** Root mean square about the row levels of what lies within `limit` of them. */
function clippedScatter(raw: RawAmplifier, box: Box, rowLevel: Float64Array, limit: number): number {
  let sum = 0;
  let count = 0;
  for (let y = box.y0; y < box.y0 + box.height; y++) {
    const level = rowLevel[y]!;
    const start = y * raw.width + box.x0;
    for (let i = 0; i < box.width; i++) {
      const d = raw.data[start + i]! - level;
      if (d <= limit && d >= -limit) {
        sum += d * d;
        count++;
      }
    }
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

/**
 * Measures the serial overscan in `box` (raw coordinates, already without the skipped columns) row by row: the mean of
 * the values within 3σ of the row's median, which is as robust as the median and free of its half-ADU steps. Rows of
 * the amplifier outside the box get the median level.
 */
export function measureOverscan(raw: RawAmplifier, box: Box): Overscan {
  const rowLevel = new Float64Array(raw.height);
  const values = new Float64Array(box.width);
  const medians = new Float64Array(box.height);
  for (let r = 0; r < box.height; r++) {
    copyRow(raw, box, box.y0 + r, values);
    medians[r] = sortedMedian(values, box.width);
    rowLevel[box.y0 + r] = medians[r]!;
  }
  // Scatter of the middle half of one row's values is 0.38 σ for a Gaussian; three rounds of 4σ clipping refine it.
  let noise = clippedScatter(raw, box, rowLevel, Number.POSITIVE_INFINITY);
  for (let round = 0; round < 4; round++) noise = clippedScatter(raw, box, rowLevel, Math.max(4 * noise, 2));
  const limit = Math.max(3 * noise, 1);
  for (let r = 0; r < box.height; r++) {
    const median = medians[r]!;
    const start = (box.y0 + r) * raw.width + box.x0;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < box.width; i++) {
      const value = raw.data[start + i]!;
      if (Math.abs(value - median) <= limit) {
        sum += value;
        count++;
      }
    }
    if (count > 0) rowLevel[box.y0 + r] = sum / count;
  }
  const level = medians.sort()[box.height >> 1]!;
  for (let y = 0; y < raw.height; y++) if (y < box.y0 || y >= box.y0 + box.height) rowLevel[y] = level;
  const widen = box.width > 1 ? Math.sqrt(box.width / (box.width - 1)) : 1;
  return { rowLevel, level, noise: clippedScatter(raw, box, rowLevel, Math.max(4 * noise, 2)) * widen };
}

/** Median of each raw column over the parallel overscan `box`, ADU above the row level; 0 where above `maximum`. */
export function measureParallelOverscan(
  raw: RawAmplifier,
  box: Box,
  rowLevel: Float64Array,
  maximum: number,
): Float64Array {
  const columnLevel = new Float64Array(raw.width);
  const values = new Float64Array(box.height);
  for (let x = box.x0; x < box.x0 + box.width; x++) {
    for (let r = 0; r < box.height; r++) {
      const y = box.y0 + r;
      values[r] = raw.data[y * raw.width + x]! - rowLevel[y]!;
    }
    const median = sortedMedian(values, box.height);
    columnLevel[x] = Math.abs(median) > maximum ? 0 : median;
  }
  return columnLevel;
}
