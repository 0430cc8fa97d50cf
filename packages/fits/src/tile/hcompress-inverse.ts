import { smoothCoefficients } from "./hcompress-smooth.ts";

/**
 * Inverts the H-transform in place (White, Postman & Lattanzi 1992). Coefficients are whole numbers in doubles: masks and shifts
 * of the integer algorithm become floors by powers of two, exact up to 2^53. `smoothScale` above 1 smooths on the way.
 */
export function invertHTransform(
  values: Float64Array,
  rows: number,
  columns: number,
  smoothScale: number,
): void {
  const levels = rows * columns <= 1 ? 0 : Math.ceil(Math.log2(Math.max(rows, columns)));
  const scratch = new Float64Array((Math.max(rows, columns) + 1) >> 1);
  if (levels > 0) values[0] = roundTo(values[0]!, 2 ** (levels + 1), 2 ** levels, 2 ** levels - 1);
  for (let level = levels - 1; level >= 0; level--) {
    const top = {
      rows: Math.ceil(rows / 2 ** level),
      columns: Math.ceil(columns / 2 ** level),
      stride: columns,
    };
    for (let row = 0; row < top.rows; row++) unshuffle(values, row * columns, top.columns, 1, scratch);
    for (let column = 0; column < top.columns; column++)
      unshuffle(values, column, top.rows, columns, scratch);
    if (smoothScale > 1) smoothCoefficients(values, top, Math.floor(smoothScale / 2));
    expandLevel(values, top, 2 ** level);
  }
}

/** The part of the array in use at one level of the transform. */
export interface Block {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

/** Rounds to a multiple of `unit`, adding `up` or, below zero, `down` before the floor. */
function roundTo(value: number, unit: number, up: number, down: number): number {
  return Math.floor((value + (value >= 0 ? up : down)) / unit) * unit;
}

/** 1 when the bit of weight `unit` is set in two's complement. */
function bitOf(value: number, unit: number): number {
  const quotient = Math.floor(value / unit);
  return quotient - 2 * Math.floor(quotient / 2);
}

/** One level: each 2 × 2 of (h0, hy; hx, hc) becomes four sums. `bit0` is the weight of the level's lowest bit. */
function expandLevel(a: Float64Array, block: Block, bit0: number): void {
  const { rows, columns, stride } = block;
  const bit1 = 2 * bit0;
  const last = bit0 === 1;
  const half = last ? 0.25 : 0.5;
  const up0 = Math.floor(bit0 / 2);
  const down0 = last ? 0 : up0 - 1;
  const up1 = bit0;
  const down1 = bit0 - 1;
  const evenRows = rows - (rows % 2);
  const evenColumns = columns - (columns % 2);
  for (let row = 0; row < evenRows; row += 2) {
    let s0 = row * stride;
    let s1 = s0 + stride;
    for (let column = 0; column < evenColumns; column += 2, s0 += 2, s1 += 2) {
      const hc = roundTo(a[s1 + 1]!, bit0, up0, down0);
      const low0 = bitOf(hc, bit0) * bit0;
      let hx = roundTo(a[s1]!, bit1, up1, down1);
      let hy = roundTo(a[s0 + 1]!, bit1, up1, down1);
      hx = hx >= 0 ? hx - low0 : hx + low0;
      hy = hy >= 0 ? hy - low0 : hy + low0;
      const low1 = (bitOf(hc, bit1) ^ bitOf(hx, bit1) ^ bitOf(hy, bit1)) * bit1;
      let h0 = a[s0]!;
      if (h0 >= 0) h0 += low0 - low1;
      else h0 += low0 === 0 ? low1 : low0 - low1;
      a[s1 + 1] = Math.floor((h0 + hx + hy + hc) * half);
      a[s1] = Math.floor((h0 + hx - hy - hc) * half);
      a[s0 + 1] = Math.floor((h0 - hx + hy - hc) * half);
      a[s0] = Math.floor((h0 - hx - hy + hc) * half);
    }
    if (evenColumns < columns) expandPair(a, s0, s1, bit1, half);
  }
  if (evenRows === rows) return;
  let s0 = evenRows * stride;
  for (let column = 0; column < evenColumns; column += 2, s0 += 2) expandPair(a, s0, s0 + 1, bit1, half);
  if (evenColumns < columns) a[s0] = Math.floor(a[s0]! * half);
}

/** The last column or row of an odd size: a sum and one difference. */
function expandPair(a: Float64Array, first: number, second: number, bit1: number, half: number): void {
  const difference = roundTo(a[second]!, bit1, bit1 / 2, bit1 / 2 - 1);
  const low1 = bitOf(difference, bit1) * bit1;
  const h0 = a[first]! >= 0 ? a[first]! - low1 : a[first]! + low1;
  a[second] = Math.floor((h0 + difference) * half);
  a[first] = Math.floor((h0 - difference) * half);
}

/** Interleaves the first and the second half of `count` values that lie `step` apart. */
function unshuffle(a: Float64Array, start: number, count: number, step: number, scratch: Float64Array): void {
  const half = (count + 1) >> 1;
  for (let i = half, from = start + half * step; i < count; i++, from += step) scratch[i - half] = a[from]!;
  for (let i = half - 1; i >= 0; i--) a[start + 2 * i * step] = a[start + i * step]!;
  for (let i = 1, to = start + step; i < count; i += 2, to += 2 * step) a[to] = scratch[i >> 1]!;
}
