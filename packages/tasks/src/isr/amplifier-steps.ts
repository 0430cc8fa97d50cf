import type { Box, MaskedImage } from "@almagest/images";
import { medianOf } from "../median.ts";

/** The step in level across the border that two amplifiers share. */
export interface AmplifierStep {
  /** Indices into the list of boxes; `step` is the level of `second` minus that of `first`. */
  readonly first: number;
  readonly second: number;
  readonly step: number;
  /** Standard error of the step. */
  readonly error: number;
  /** Pixels of common border. */
  readonly length: number;
}

/** Columns (or rows) on either side of the border whose difference is taken. */
const STRIP = 4;

/** Overlap of two intervals. */
function overlap(a0: number, a1: number, b0: number, b1: number): { start: number; end: number } {
  return { start: Math.max(a0, b0), end: Math.min(a1, b1) };
}

/** Difference across the border at each place along it: mean of STRIP good pixels beyond minus before it. */
function borderDifferences(
  image: MaskedImage,
  bits: number,
  start: number,
  end: number,
  border: number,
  vertical: boolean,
): number[] {
  const { width } = image.bbox;
  const along = vertical ? width : 1;
  const across = vertical ? 1 : width;
  const differences: number[] = [];
  for (let k = start; k < end; k++) {
    let difference = 0;
    let good = true;
    for (let s = 0; s < STRIP; s++) {
      const after = k * along + (border + s) * across;
      const before = k * along + (border - 1 - s) * across;
      if (((image.mask.data[after]! | image.mask.data[before]!) & bits) !== 0) good = false;
      difference += image.image.data[after]! - image.image.data[before]!;
    }
    if (good) differences.push(difference / STRIP);
  }
  return differences;
}

/** Finds the steps between amplifiers whose boxes touch; pixels with any of `bits` do not count. */
export function measureAmplifierSteps(
  image: MaskedImage,
  boxes: readonly Box[],
  bits: number,
): AmplifierStep[] {
  const steps: AmplifierStep[] = [];
  const { x0, y0 } = image.bbox;
  for (let i = 0; i < boxes.length; i++) {
    for (let j = 0; j < boxes.length; j++) {
      const a = boxes[i]!;
      const b = boxes[j]!;
      const rows = overlap(a.y0, a.y0 + a.height, b.y0, b.y0 + b.height);
      const columns = overlap(a.x0, a.x0 + a.width, b.x0, b.x0 + b.width);
      const vertical = a.x0 + a.width === b.x0 && rows.end > rows.start;
      const horizontal = a.y0 + a.height === b.y0 && columns.end > columns.start;
      if (!vertical && !horizontal) continue;
      const span = vertical ? rows : columns;
      const origin = vertical ? y0 : x0;
      const border = vertical ? b.x0 - x0 : b.y0 - y0;
      const strip = Math.min(a.width, b.width, a.height, b.height);
      if (strip < STRIP) continue;
      const values = borderDifferences(image, bits, span.start - origin, span.end - origin, border, vertical);
      if (values.length < 16) continue;
      const step = medianOf(values);
      const scatter = 1.4826 * medianOf(values.map((v) => Math.abs(v - step)));
      const error = (1.2533 * scatter) / Math.sqrt(values.length);
      steps.push({ first: i, second: j, step, error, length: values.length });
    }
  }
  return steps;
}

/**
 * Offsets to add to each of `count` amplifiers so that the steps vanish in the least-squares sense, weighted by border
 * length, with zero mean (Gauss–Seidel on the graph Laplacian; amplifiers without a border keep 0).
 */
export function solveAmplifierOffsets(steps: readonly AmplifierStep[], count: number): Float64Array {
  const offsets = new Float64Array(count);
  for (let sweep = 0; sweep < 500; sweep++) {
    for (let k = 0; k < count; k++) {
      let sum = 0;
      let weight = 0;
      for (const { first, second, step, length } of steps) {
        if (second === k) sum += length * (offsets[first]! - step);
        else if (first === k) sum += length * (offsets[second]! + step);
        else continue;
        weight += length;
      }
      if (weight > 0) offsets[k] = sum / weight;
    }
    const mean = offsets.reduce((a, b) => a + b, 0) / Math.max(1, count);
    for (let k = 0; k < count; k++) offsets[k] = offsets[k]! - mean;
  }
  return offsets;
}
