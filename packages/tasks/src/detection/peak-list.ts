import type { Box, MaskedImage } from "@almagest/images";
import type { Detections } from "./detections.ts";
import { ensureFloat32, ensureInt32 } from "./growable.ts";
import { collectSegments, joinSegments } from "./label-map.ts";
import type { SeparableKernel } from "./separate-psf.ts";

/** Peaks as they are found; label k + 1 of the label map is peak k. */
export interface PeakList {
  readonly count: number;
  /** Adds a peak of a footprint: its pixel in the plane, its interpolated position from the box's corner. */
  add(pixel: number, x: number, y: number, footprint: number): void;
  /** Lays out the columns, without peaks below `threshold` times the noise of `scale` (their pixels go with them). */
  finish(labels: Int32Array, box: Box, footprintCount: number, threshold: number, scale: number): Detections;
}

/** Creates an empty list over a smoothed image. */
export function createPeakList(masked: MaskedImage, smooth: Float32Array, kernel: SeparableKernel): PeakList {
  const { width } = masked.bbox;
  const variance = masked.variance.data;
  let pixelX = new Float32Array(4096);
  let pixelY = new Float32Array(4096);
  let value = new Float32Array(4096);
  let snr = new Float32Array(4096);
  let footprintOf = new Int32Array(4096);
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(p, x, y, footprint) {
      const n = count++;
      pixelX = ensureFloat32(pixelX, count);
      pixelY = ensureFloat32(pixelY, count);
      value = ensureFloat32(value, count);
      snr = ensureFloat32(snr, count);
      footprintOf = ensureInt32(footprintOf, count);
      const px = p % width;
      const dx = x - px;
      const dy = y - (p - px) / width;
      const c = smooth[p]!;
      const [left, right, up, down] = [
        smooth[p - 1]!,
        smooth[p + 1]!,
        smooth[p - width]!,
        smooth[p + width]!,
      ];
      // The parabola through the pixel and its neighbours, read at the interpolated position.
      const v =
        c +
        0.5 * (right - left) * dx +
        0.5 * (down - up) * dy +
        0.5 * (left + right - 2 * c) * dx * dx +
        0.5 * (up + down - 2 * c) * dy * dy;
      pixelX[n] = x;
      pixelY[n] = y;
      value[n] = v / kernel.squareSum;
      snr[n] = v / Math.sqrt(variance[p]! * kernel.squareSum);
      footprintOf[n] = footprint;
    },
    finish(labels, box, footprintCount, threshold, scale) {
      const newFootprint = new Int32Array(footprintCount).fill(-1);
      const setOf = new Int32Array(count + 1).fill(-1);
      const rows: number[] = [];
      for (let k = 0; k < count; k++) {
        if (!(snr[k]! >= threshold * scale)) continue;
        setOf[k + 1] = rows.length;
        rows.push(k);
      }
      let footprints = 0;
      const footprint = Int32Array.from(rows, (k) => {
        const old = footprintOf[k]!;
        if (newFootprint[old]! < 0) newFootprint[old] = footprints++;
        return newFootprint[old]!;
      });
      const segments = collectSegments(labels, box, setOf, rows.length);
      return {
        count: rows.length,
        x: Float64Array.from(rows, (k) => pixelX[k]! + box.x0),
        y: Float64Array.from(rows, (k) => pixelY[k]! + box.y0),
        peakValue: Float32Array.from(rows, (k) => value[k]!),
        significance: Float32Array.from(rows, (k) => snr[k]! / scale),
        footprint,
        footprints: joinSegments(segments, footprint, footprints),
        segments,
        noiseScale: scale,
      };
    },
  };
}
