import type { Mask, MaskedImage, Psf } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import { findKernel } from "../measurement/psf-stamps.ts";
import { type Detections, noDetections } from "./detections.ts";
import { findHills, type Hills } from "./find-hills.ts";
import { ensureInt32 } from "./growable.ts";
import { collectSegments, createLabelMap, growLabels, joinSegments } from "./label-map.ts";
import { measureNoiseScale, refineNoiseScale, sampleSky } from "./noise-scale.ts";
import { giveBack } from "./scratch-planes.ts";
import { separatePsf } from "./separate-psf.ts";
import { smoothImage } from "./smooth-image.ts";
import { createPeakSplitter } from "./split-peaks.ts";

/** How {@link detectSources} looks for sources. */
export interface DetectionConfig {
  /** A source needs this S/N of its PSF flux at its peak. */
  readonly thresholdSigma: number;
  /** Footprints reach down to this S/N. */
  readonly footprintSigma: number;
  /** Footprints with fewer pixels are dropped. */
  readonly minimumArea: number;
  /** Footprints grow by this many PSF sigmas after splitting. */
  readonly growSigma: number;
  /** A lesser peak stands this many sigmas above the saddle to its neighbour … */
  readonly minimumProminence: number;
  /** … and at least this share of the neighbour's peak. */
  readonly contrast: number;
  /** Pixels with these planes count as 0 when smoothing. */
  readonly badPlanes: readonly string[];
  /** `empirical` rescales to the measured scatter of the sky; a number fixes the scale. */
  readonly noiseScale: "empirical" | number;
  /** How many places the empirical scale is measured at. */
  readonly skySamples: number;
}

/** The defaults: 5 sigma, footprints to 3 sigma grown by 1.8 PSF sigmas. */
export const DEFAULT_DETECTION: DetectionConfig = {
  thresholdSigma: 5,
  footprintSigma: 3,
  minimumArea: 3,
  growSigma: 1.8,
  minimumProminence: 3.5,
  contrast: 0.002,
  badPlanes: ["BAD", "NO_DATA", "EDGE"],
  noiseScale: "empirical",
  skySamples: 16384,
};

/**
 * Finds sources on a background-subtracted image: smooths with the PSF's best separable form, cuts at a S/N that is
 * measured, not believed (noise correlated by warping or a variance plane that is off rescale the threshold, like LSST's
 * dynamic detection), joins pixels into footprints and takes blends apart at their saddles.
 */
export function detectSources(
  masked: MaskedImage,
  psf: Psf,
  config: Partial<DetectionConfig> = {},
): Detections {
  const c = { ...DEFAULT_DETECTION, ...config };
  const { bbox } = masked;
  const { width } = bbox;
  const middle = findKernel(psf, bbox);
  if (!middle) return noDetections();
  const kernel = separatePsf(middle.stamp);
  const badBits = bitsOf(c.badPlanes, masked.mask.planes);
  const smooth = smoothImage(masked, kernel, badBits);
  const samples = sampleSky(masked, smooth, kernel.squareSum, kernel.half, badBits, c.skySamples);
  const firstScale = typeof c.noiseScale === "number" ? c.noiseScale : measureNoiseScale(samples.snr);
  const hills = findHills(masked, smooth, kernel, c.footprintSigma * firstScale, c.minimumArea);
  // A first cut a little low: the final noise scale may come out smaller than the first.
  const threshold = 0.95 * c.thresholdSigma;
  const splitter = createPeakSplitter(hills, {
    minimumProminence: c.minimumProminence,
    contrast: c.contrast,
    threshold,
    noiseScale: firstScale,
  });
  const stride = width + 2;
  const labels = createLabelMap(bbox);
  let pixels = new Int32Array(65536);
  let pixelCount = 0;
  let peakOf = new Int32Array(4096);
  let footprintOf = new Int32Array(4096);
  let count = 0;
  let footprintCount = 0;
  for (let g = 0; g < hills.count; g++) {
    const firstMaximum = hills.maximumStarts[g]!;
    const maxima = hills.maximumStarts[g + 1]! - firstMaximum;
    let best = 0;
    for (let m = firstMaximum; m < firstMaximum + maxima; m++) best = Math.max(best, hills.peakSnr[m]!);
    if (best < threshold * firstScale) continue;
    const kept = maxima === 1 ? 1 : splitter.split(g);
    const first = count + 1;
    peakOf = ensureInt32(peakOf, count + kept);
    footprintOf = ensureInt32(footprintOf, count + kept);
    for (let k = 0; k < kept; k++) {
      peakOf[count] = maxima === 1 ? firstMaximum : splitter.peaks()[k]!;
      footprintOf[count++] = footprintCount;
    }
    if (kept > 0) footprintCount++;
    pixels = ensureInt32(pixels, pixelCount + hills.area[g]!);
    if (kept === 1) {
      for (let s = hills.spanStarts[g]!; s < hills.spanStarts[g + 1]!; s++) {
        const row = (hills.y[s]! + 1) * stride + 1;
        for (let p = row + hills.x0[s]!; p <= row + hills.x1[s]!; p++) {
          labels[p] = first;
          pixels[pixelCount++] = p;
        }
      }
    } else if (kept > 1) {
      splitter.forEachPixel((x, y, peak) => {
        if (peak < 0) return;
        const p = (y + 1) * stride + x + 1;
        labels[p] = first + peak;
        pixels[pixelCount++] = p;
      });
    }
  }
  const scale =
    typeof c.noiseScale === "number"
      ? c.noiseScale
      : refineNoiseScale(samples, (x, y) => labels[(y + 1) * stride + x + 1] === 0, firstScale);
  // Growth covers at least the PSF's core, so that what is left outside is sky.
  const grow = Math.round(c.growSigma * middle.sigma);
  growLabels(labels, stride, pixels, pixelCount, grow);
  const keep = new Uint8Array(count);
  for (let k = 0; k < count; k++) keep[k] = hills.peakSnr[peakOf[k]!]! >= c.thresholdSigma * scale ? 1 : 0;
  const found = assemble(
    masked,
    hills,
    labels,
    peakOf,
    footprintOf,
    keep,
    footprintCount,
    scale,
    kernel.squareSum,
  );
  giveBack(labels);
  giveBack(smooth);
  return found;
}

/** Drops peaks that `keep` rejects (their pixels go with them) and lays out the columns. */
function assemble(
  masked: MaskedImage,
  hills: Hills,
  labels: Int32Array,
  peakOf: Int32Array,
  footprintOf: Int32Array,
  keep: Uint8Array,
  footprintCount: number,
  scale: number,
  squareSum: number,
): Detections {
  const { bbox } = masked;
  const all = keep.length;
  const count = keep.reduce((s, k) => s + k, 0);
  const setOf = new Int32Array(all + 1).fill(-1);
  const newFootprint = new Int32Array(footprintCount).fill(-1);
  const footprint = new Int32Array(count);
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const peakValue = new Float32Array(count);
  const significance = new Float32Array(count);
  let footprints = 0;
  let n = 0;
  for (let k = 0; k < all; k++) {
    if (!keep[k]) continue;
    const peak = peakOf[k]!;
    const old = footprintOf[k]!;
    if (newFootprint[old]! < 0) newFootprint[old] = footprints++;
    footprint[n] = newFootprint[old]!;
    setOf[k + 1] = n;
    x[n] = hills.peakX[peak]! + bbox.x0;
    y[n] = hills.peakY[peak]! + bbox.y0;
    peakValue[n] = hills.peakValue[peak]! / squareSum;
    significance[n++] = hills.peakSnr[peak]! / scale;
  }
  const segments = collectSegments(labels, bbox, setOf, count);
  return {
    count,
    x,
    y,
    peakValue,
    significance,
    footprint,
    footprints: joinSegments(segments, footprint, footprints),
    segments,
    noiseScale: scale,
  };
}

/** Sets a plane (DETECTED unless told) on every pixel of the footprints; pixels outside the mask are passed over. */
export function markFootprints(mask: Mask, footprints: Detections["footprints"], plane = "DETECTED"): void {
  const { bbox, data } = mask;
  const bits = bitsOf([plane], mask.planes);
  for (let r = 0; r < footprints.y.length; r++) {
    const row = footprints.y[r]! - bbox.y0;
    if (row < 0 || row >= bbox.height) continue;
    const from = Math.max(0, footprints.x0[r]! - bbox.x0);
    const to = Math.min(bbox.width - 1, footprints.x1[r]! - bbox.x0);
    for (let x = from; x <= to; x++) data[row * bbox.width + x]! |= bits;
  }
}
