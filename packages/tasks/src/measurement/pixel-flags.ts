import type { Mask } from "@almagest/images";
import type { Footprints } from "../detection/detections.ts";

/** Flag columns: name, mask plane, and whether the 3 × 3 pixels about the centre count instead of the whole footprint. */
export const PIXEL_FLAGS: ReadonlyArray<readonly [column: string, plane: string, center: boolean]> = [
  ["pixelFlags_bad", "BAD", false],
  ["pixelFlags_cr", "CR", false],
  ["pixelFlags_crCenter", "CR", true],
  ["pixelFlags_edge", "EDGE", false],
  ["pixelFlags_interpolated", "INTRP", false],
  ["pixelFlags_interpolatedCenter", "INTRP", true],
  ["pixelFlags_saturated", "SAT", false],
  ["pixelFlags_saturatedCenter", "SAT", true],
  ["pixelFlags_suspect", "SUSPECT", false],
  ["pixelFlags_suspectCenter", "SUSPECT", true],
  ["pixelFlags_nodata", "NO_DATA", false],
  ["pixelFlags_clipped", "CLIPPED", false],
  ["pixelFlags_inexact_psf", "INEXACT_PSF", false],
  ["pixelFlags_streak", "STREAK", false],
];

/** All mask bits on the pixels of set `k`. */
export function footprintBits(mask: Mask, footprints: Footprints, k: number): number {
  const { bbox, data } = mask;
  let bits = 0;
  for (let r = footprints.offsets[k]!; r < footprints.offsets[k + 1]!; r++) {
    const row = (footprints.y[r]! - bbox.y0) * bbox.width - bbox.x0;
    for (let x = footprints.x0[r]!; x <= footprints.x1[r]!; x++) bits |= data[row + x]!;
  }
  return bits;
}

/** All mask bits within `half` pixels of the pixel nearest to (x, y), parent coordinates; 0 off the image. */
export function squareBits(mask: Mask, x: number, y: number, half: number): number {
  const { bbox, data } = mask;
  const cx = Math.round(x) - bbox.x0;
  const cy = Math.round(y) - bbox.y0;
  let bits = 0;
  for (let j = Math.max(0, cy - half); j <= Math.min(bbox.height - 1, cy + half); j++) {
    for (let i = Math.max(0, cx - half); i <= Math.min(bbox.width - 1, cx + half); i++) {
      bits |= data[j * bbox.width + i]!;
    }
  }
  return bits;
}
