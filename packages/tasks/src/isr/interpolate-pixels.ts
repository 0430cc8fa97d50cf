import type { MaskedImage } from "@almagest/images";
import { INTRP } from "../mask-bits.ts";

/** Value and variance to put in place of a bad pixel. */
interface Substitute {
  value: number;
  variance: number;
}

/** Nearest good index from `from` in steps of `step`, at most `count` steps away; −1 if there is none. */
function nearestGood(mask: Uint32Array, bits: number, from: number, step: number, count: number): number {
  let at = from + step;
  for (let k = 0; k < count; k++) {
    if ((mask[at]! & bits) === 0) return at;
    at += step;
  }
  return -1;
}

/** Whether any of the eight pixels from `at` has any of the bits. */
function hasAny(mask: Uint32Array, at: number, bits: number): boolean {
  const low = mask[at]! | mask[at + 1]! | mask[at + 2]! | mask[at + 3]!;
  const high = mask[at + 4]! | mask[at + 5]! | mask[at + 6]! | mask[at + 7]!;
  return ((low | high) & bits) !== 0;
}

/** Mean of a good pixel and, where good too, the one behind it. */
function anchor(
  image: MaskedImage,
  bits: number,
  at: number,
  behind: number,
  hasBehind: boolean,
  out: Substitute,
) {
  const data = image.image.data;
  const variance = image.variance.data;
  if (hasBehind && (image.mask.data[behind]! & bits) === 0) {
    out.value = (data[at]! + data[behind]!) / 2;
    out.variance = (variance[at]! + variance[behind]!) / 2;
  } else {
    out.value = data[at]!;
    out.variance = variance[at]!;
  }
}

/** Longest horizontal run that is bridged without asking whether the gap is shorter along the column. */
const SHORT_RUN = 8;
/** How far along a column a good pixel is looked for. */
const MAX_REACH = 128;

/**
 * Replaces every pixel that has any of `bits`, in place, and sets INTRP: linear along the row between the means of the
 * two good pixels on either side; where the run is long and the gap along the column is shorter, linear along the
 * column (whole bad rows, wide blocks). At the image's edge the one side's mean is continued. Pixels with no good
 * pixel in their row or column keep their value. Returns how many pixels were replaced.
 */
export function interpolatePixels(image: MaskedImage, bits: number): number {
  const { width, height } = image.bbox;
  const mask = image.mask.data;
  const data = image.image.data;
  const variance = image.variance.data;
  const left: Substitute = { value: 0, variance: 0 };
  const right: Substitute = { value: 0, variance: 0 };
  // Written back only at the end, so that no substitute is made from another.
  const places: number[] = [];
  const values: number[] = [];
  const variances: number[] = [];
  const change = (at: number, value: number, v: number) => {
    places.push(at);
    values.push(value);
    variances.push(v);
  };

  const bridge = (
    low: number,
    lowBehind: boolean,
    high: number,
    highBehind: boolean,
    step: number,
    at: number,
  ) => {
    if (low >= 0) anchor(image, bits, low, low - step, lowBehind, left);
    if (high >= 0) anchor(image, bits, high, high + step, highBehind, right);
    const near = low >= 0 ? left : right;
    if (low < 0 || high < 0) change(at, near.value, near.variance);
    else {
      const t = (at - low) / (high - low);
      const value = left.value + t * (right.value - left.value);
      change(at, value, left.variance + t * (right.variance - left.variance));
    }
  };

  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      if ((mask[row + x]! & bits) === 0) {
        // Few pixels are bad: the others are passed over eight at a time.
        while (x + 8 < width && !hasAny(mask, row + x + 1, bits)) x += 8;
        continue;
      }
      let end = x + 1;
      while (end < width && (mask[row + end]! & bits) !== 0) end++;
      const low = x > 0 ? row + x - 1 : -1;
      const high = end < width ? row + end : -1;
      const length = end - x;
      for (let k = x; k < end; k++) {
        const at = row + k;
        if (length > SHORT_RUN || (low < 0 && high < 0)) {
          const reach = low < 0 || high < 0 ? MAX_REACH : Math.min(length, MAX_REACH);
          const below = nearestGood(mask, bits, at, -width, Math.min(y, reach));
          const above = nearestGood(mask, bits, at, width, Math.min(height - 1 - y, reach));
          const gap = below < 0 || above < 0 ? Number.POSITIVE_INFINITY : (above - below) / width - 1;
          if (gap < length || (low < 0 && high < 0 && (below >= 0 || above >= 0))) {
            bridge(below, below >= width, above, above >= 0 && above < (height - 1) * width, width, at);
            continue;
          }
        }
        if (low >= 0 || high >= 0) bridge(low, x > 1, high, end < width - 1, 1, at);
      }
      x = end;
    }
  }
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!;
    data[at] = values[i]!;
    variance[at] = variances[i]!;
    mask[at] = mask[at]! | INTRP;
  }
  return places.length;
}
