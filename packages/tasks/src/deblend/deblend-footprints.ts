import type { Box } from "@almagest/images";
import type { Detections } from "../detection/detections.ts";
import { ensureFloat32, ensureInt32 } from "../detection/growable.ts";
import { type Children, countSiblings } from "./children.ts";

/** Footprints with a larger product of peaks and pixels are shared out pixel by pixel, without templates. */
const TEMPLATE_LIMIT = 5e6;

/**
 * Shares the light of every footprint among its peaks. A lone peak owns its footprint. Otherwise each peak's template is the
 * image made symmetric about the peak by taking the lesser of each pixel and its opposite, and each pixel is divided in the
 * ratio of the templates (Lupton's SDSS deblender, as Bosch et al. 2018, PASJ 70, S5, §4.8.2 tell it), so that the shares
 * sum to the image.
 */
export function deblendFootprints(image: Float32Array, box: Box, detections: Detections): Children {
  const { width, x0, y0 } = box;
  const { segments, footprints, footprint, count } = detections;
  const siblings = countSiblings(detections);
  const starts = new Float64Array(count + 1);
  const undeblended = new Uint8Array(count);
  let pixel = new Int32Array(1 << 16);
  let value = new Float32Array(1 << 16);
  let total = 0;
  const reserve = (n: number): void => {
    pixel = ensureInt32(pixel, total + n);
    value = ensureFloat32(value, total + n);
  };
  const addSegment = (k: number): void => {
    for (let r = segments.offsets[k]!; r < segments.offsets[k + 1]!; r++) {
      const row = (segments.y[r]! - y0) * width - x0;
      reserve(segments.x1[r]! - segments.x0[r]! + 1);
      for (let x = segments.x0[r]!; x <= segments.x1[r]!; x++) {
        pixel[total] = row + x;
        value[total++] = image[row + x]!;
      }
    }
  };
  for (let k = 0; k < count; ) {
    const n = siblings[k]!;
    const group = footprint[k]!;
    if (n === 1) {
      addSegment(k);
      starts[++k] = total;
      continue;
    }
    const shared = collectPixels(footprints.offsets[group]!, footprints.offsets[group + 1]!, footprints, box);
    const area = shared.length;
    if (n * area > TEMPLATE_LIMIT) {
      for (let i = 0; i < n; i++) {
        undeblended[k] = 1;
        addSegment(k);
        starts[++k] = total;
      }
      continue;
    }
    const templates = new Float32Array(n * area);
    const sum = new Float32Array(area);
    for (let i = 0; i < n; i++) {
      const cx = detections.x[k + i]! - x0;
      const cy = detections.y[k + i]! - y0;
      fillTemplate(image, box, shared, cx, cy, templates, i * area, sum);
    }
    const owner = ownersOf(shared, segments, k, n, box);
    for (let i = 0; i < n; i++) {
      reserve(area);
      total = takeShare(image, shared, templates.subarray(i * area), sum, owner, i, pixel, value, total);
      starts[++k] = total;
    }
  }
  return { starts, pixel: pixel.subarray(0, total), value: value.subarray(0, total), undeblended };
}

function collectPixels(from: number, to: number, runs: Detections["footprints"], box: Box): Int32Array {
  let area = 0;
  for (let r = from; r < to; r++) area += runs.x1[r]! - runs.x0[r]! + 1;
  const out = new Int32Array(area);
  let n = 0;
  for (let r = from; r < to; r++) {
    const row = (runs.y[r]! - box.y0) * box.width - box.x0;
    for (let x = runs.x0[r]!; x <= runs.x1[r]!; x++) out[n++] = row + x;
  }
  // Runs come segment by segment; reading order makes the sums independent of that.
  return out.sort();
}

/** Where a pixel is among ascending ones. */
function findPixel(pixels: Int32Array, pixel: number): number {
  let low = 0;
  let high = pixels.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pixels[middle]! < pixel) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index (0 … n−1) of the sibling whose segment holds each pixel. */
function ownersOf(
  pixels: Int32Array,
  segments: Detections["segments"],
  first: number,
  n: number,
  box: Box,
): Int16Array {
  const owner = new Int16Array(pixels.length);
  for (let i = 0; i < n; i++) {
    for (let r = segments.offsets[first + i]!; r < segments.offsets[first + i + 1]!; r++) {
      const row = (segments.y[r]! - box.y0) * box.width - box.x0;
      // Pixels are in reading order and hold each run whole.
      const from = findPixel(pixels, row + segments.x0[r]!);
      owner.fill(i, from, from + segments.x1[r]! - segments.x0[r]! + 1);
    }
  }
  return owner;
}

/** Appends the pixels of which sibling `i` gets a share, and returns how many there are now. */
function takeShare(
  image: Float32Array,
  shared: Int32Array,
  template: Float32Array,
  sum: Float32Array,
  owner: Int16Array,
  i: number,
  pixel: Int32Array,
  value: Float32Array,
  total: number,
): number {
  for (let p = 0; p < shared.length; p++) {
    // Where no template has light the pixel goes to the peak whose segment it is in.
    const share = sum[p]! > 0 ? template[p]! / sum[p]! : owner[p] === i ? 1 : 0;
    if (share === 0) continue;
    pixel[total] = shared[p]!;
    value[total++] = share * image[shared[p]!]!;
  }
  return total;
}

/** min(I(p), I(2c − p)) with the opposite read between pixels, at least 0; beyond the image the pixel itself counts. Adds it to
 * the sum over siblings, too. */
function fillTemplate(
  image: Float32Array,
  box: Box,
  pixels: Int32Array,
  cx: number,
  cy: number,
  out: Float32Array,
  offset: number,
  sum: Float32Array,
): void {
  const { width, height } = box;
  for (let p = 0; p < pixels.length; p++) {
    const at = pixels[p]!;
    const x = at % width;
    const y = (at - x) / width;
    const value = image[at]!;
    const ox = 2 * cx - x;
    const oy = 2 * cy - y;
    const i = Math.floor(ox);
    const j = Math.floor(oy);
    let opposite = value;
    if (i >= 0 && j >= 0 && i < width - 1 && j < height - 1) {
      const fx = ox - i;
      const fy = oy - j;
      const q = j * width + i;
      const top = image[q]! + fx * (image[q + 1]! - image[q]!);
      const low = image[q + width]! + fx * (image[q + width + 1]! - image[q + width]!);
      opposite = top + fy * (low - top);
    }
    out[offset + p] = Math.max(0, Math.min(value, opposite));
    sum[p]! += out[offset + p]!;
  }
}
