import type { Box } from "../box.ts";
import { intersectBoxes } from "../box-algebra.ts";
import type { Mask } from "../exposure.ts";

/** Sets bits in the part of a box that the mask has. */
export function setMaskBox(mask: Mask, box: Box, bits: number): void {
  const part = intersectBoxes(mask.bbox, box);
  for (let y = 0; y < part.height; y++) {
    const start = (part.y0 + y - mask.bbox.y0) * mask.bbox.width + part.x0 - mask.bbox.x0;
    for (let i = start; i < start + part.width; i++) mask.data[i]! |= bits;
  }
}

/**
 * Sets bits along spans in parent coordinates: groups of `stride` numbers that begin with y, first x, last x
 * (inclusive), as `detectSpans` gives them (stride 4). What lies outside the mask is left out.
 */
export function setMaskSpans(mask: Mask, spans: Int32Array, bits: number, stride = 4): void {
  const { x0, y0, width, height } = mask.bbox;
  for (let s = 0; s + 2 < spans.length; s += stride) {
    const y = spans[s]! - y0;
    if (y < 0 || y >= height) continue;
    const last = Math.min(width - 1, spans[s + 2]! - x0);
    for (let x = Math.max(0, spans[s + 1]! - x0); x <= last; x++) mask.data[y * width + x]! |= bits;
  }
}

/** Clears bits everywhere. */
export function clearMaskBits(mask: Mask, bits: number): void {
  const keep = ~bits;
  for (let i = 0; i < mask.data.length; i++) mask.data[i]! &= keep;
}

/** Number of pixels with any of the bits. */
export function countMaskBits(mask: Mask, bits: number): number {
  let count = 0;
  for (const value of mask.data) if ((value & bits) !== 0) count++;
  return count;
}

/** Grows the pixels that have any of `fromBits` by a disc of `radius` pixels, setting `toBits` on them and around them. */
export function growMaskBits(mask: Mask, fromBits: number, toBits: number, radius: number): void {
  const { width, height } = mask.bbox;
  const spans: number[] = [];
  for (let at = 0; at < mask.data.length; at++) {
    if ((mask.data[at]! & fromBits) === 0) continue;
    const y = Math.floor(at / width);
    const start = at - y * width;
    let end = start;
    while (end + 1 < width && (mask.data[y * width + end + 1]! & fromBits) !== 0) end++;
    spans.push(y, start, end);
    at = y * width + end;
  }
  const reach = Math.floor(radius);
  for (let s = 0; s < spans.length; s += 3) {
    for (let dy = -reach; dy <= reach; dy++) {
      const y = spans[s]! + dy;
      if (y < 0 || y >= height) continue;
      const half = Math.floor(Math.sqrt(radius * radius - dy * dy));
      const last = Math.min(width - 1, spans[s + 2]! + half);
      for (let x = Math.max(0, spans[s + 1]! - half); x <= last; x++) mask.data[y * width + x]! |= toBits;
    }
  }
}
