import { returnBuffer } from "@almagest/base";
import type { Mask, MaskedImage, Psf } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import { findKernel } from "../measurement/psf-stamps.ts";
import { type Detections, noDetections } from "./detections.ts";
import { findHills } from "./find-hills.ts";
import { ensureInt32 } from "./growable.ts";
import { createLabelMap, growLabels } from "./label-map.ts";
import { measureNoiseScale, refineNoiseScale, sampleSky } from "./noise-scale.ts";
import { createPeakList } from "./peak-list.ts";
import { separatePsf } from "./separate-psf.ts";
import { smoothImage } from "./smooth-image.ts";
import { createPeakSplitter, loneMaximum } from "./split-peaks.ts";

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
  /** The same on the sharpened image, which parts close pairs … */
  readonly sharpProminence: number;
  readonly sharpContrast: number;
  /** … where the brightest peak has this S/N. */
  readonly sharpSnr: number;
  /** Pixels with these planes count as 0 when smoothing. */
  readonly badPlanes: readonly string[];
  /** `empirical` rescales to the measured scatter of the sky; a number fixes the scale. */
  readonly noiseScale: "empirical" | number;
  /** How many places the empirical scale is measured at. */
  readonly skySamples: number;
}

/** The defaults: 5 sigma, footprints to 3 sigma grown by 1.3 PSF sigmas. */
export const DEFAULT_DETECTION: DetectionConfig = {
  thresholdSigma: 5,
  footprintSigma: 3,
  minimumArea: 3,
  growSigma: 1.3,
  minimumProminence: 3.5,
  contrast: 0.002,
  sharpProminence: 4,
  sharpContrast: 0.02,
  sharpSnr: 15,
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
  const split = createPeakSplitter(hills, masked.variance.data, kernel, {
    minimumProminence: c.minimumProminence,
    contrast: c.contrast,
    sharpProminence: c.sharpProminence,
    sharpContrast: c.sharpContrast,
    sharpSnr: c.sharpSnr,
    threshold,
    noiseScale: firstScale,
  });
  const peaks = createPeakList(masked, smooth, kernel);
  const stride = width + 2;
  const labels = createLabelMap(bbox);
  let pixels = new Int32Array(65536);
  let pixelCount = 0;
  let footprintCount = 0;
  for (let g = 0; g < hills.count; g++) {
    const from = hills.maximumStarts[g]!;
    const to = hills.maximumStarts[g + 1]!;
    let best = 0;
    for (let m = from; m < to; m++) best = Math.max(best, hills.peakSnr[m]!);
    if (best < threshold * firstScale) continue;
    pixels = ensureInt32(pixels, pixelCount + hills.area[g]!);
    const first = peaks.count + 1;
    const lone = best < c.sharpSnr * firstScale ? loneMaximum(hills, g, threshold * firstScale) : -1;
    if (lone >= 0) {
      peaks.add(hills.maximumPixel[lone]!, hills.peakX[lone]!, hills.peakY[lone]!, footprintCount++);
      for (let s = hills.spanStarts[g]!; s < hills.spanStarts[g + 1]!; s++) {
        const row = (hills.y[s]! + 1) * stride + 1;
        for (let p = row + hills.x0[s]!; p <= row + hills.x1[s]!; p++) {
          labels[p] = first;
          pixels[pixelCount++] = p;
        }
      }
      continue;
    }
    const found = split(g);
    if (found.count === 0) continue;
    for (let k = 0; k < found.count; k++) {
      peaks.add(found.pixel[k]!, found.x[k]!, found.y[k]!, footprintCount);
    }
    footprintCount++;
    for (let i = 0; i < found.pixelCount; i++) {
      if (found.peakOf[i]! < 0) continue;
      const y = Math.floor(found.pixels[i]! / width);
      const p = found.pixels[i]! + 2 * y + stride + 1;
      labels[p] = first + found.peakOf[i]!;
      pixels[pixelCount++] = p;
    }
  }
  const scale =
    typeof c.noiseScale === "number"
      ? c.noiseScale
      : refineNoiseScale(samples, (x, y) => labels[(y + 1) * stride + x + 1] === 0, firstScale);
  // Growth covers at least the PSF's core, so that what is left outside is sky.
  const grow = Math.round(c.growSigma * middle.sigma);
  growLabels(labels, stride, pixels, pixelCount, grow);
  const found = peaks.finish(labels, bbox, footprintCount, c.thresholdSigma, scale);
  returnBuffer(labels.buffer);
  returnBuffer(smooth.buffer);
  return found;
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
