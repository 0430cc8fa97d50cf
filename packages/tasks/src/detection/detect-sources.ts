import type { Mask, MaskedImage, Psf } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import { findKernel } from "../measurement/psf-stamps.ts";
import { type Detections, noDetections } from "./detections.ts";
import { findSpans, type Spans } from "./find-spans.ts";
import { ensureInt32 } from "./growable.ts";
import { collectSegments, createLabelMap, growLabels, joinSegments } from "./label-map.ts";
import { measureNoiseScale, refineNoiseScale, sampleSky } from "./noise-scale.ts";
import { separatePsf } from "./separate-psf.ts";
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

/** The defaults: 5 sigma, footprints to 3 sigma grown by 2.4 PSF sigmas. */
export const DEFAULT_DETECTION: DetectionConfig = {
  thresholdSigma: 5,
  footprintSigma: 3,
  minimumArea: 3,
  growSigma: 2.4,
  minimumProminence: 3.5,
  contrast: 0.002,
  badPlanes: ["BAD", "NO_DATA", "EDGE"],
  noiseScale: "empirical",
  skySamples: 16384,
};

/** Spans sorted by group (stable, so reading order within each), and where each group begins. */
function sortSpans(spans: Spans): { members: Int32Array; starts: Int32Array } {
  const size = new Int32Array(spans.count + 1);
  for (let k = 0; k < spans.count; k++) size[spans.group[k]! + 1]!++;
  for (let k = 0; k < spans.count; k++) size[k + 1]! += size[k]!;
  const cursor = size.slice();
  const members = new Int32Array(spans.count);
  for (let k = 0; k < spans.count; k++) members[cursor[spans.group[k]!]!++] = k;
  return { members, starts: size };
}

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
  const samples = sampleSky(masked, kernel, badBits, c.skySamples);
  const firstScale = typeof c.noiseScale === "number" ? c.noiseScale : measureNoiseScale(samples.snr);
  const spans = findSpans(masked, kernel, badBits, c.footprintSigma * firstScale);
  const { members, starts } = sortSpans(spans);
  const best = new Float32Array(spans.count);
  const maximaOfGroup = new Int32Array(spans.count);
  const lastMaximum = new Int32Array(spans.count);
  const maximumAt = new Map<number, number>();
  for (let m = 0; m < spans.maximumCount; m++) {
    const group = spans.group[spans.maximumSpan[m]!]!;
    const snr = spans.peakSnr[m]!;
    if (!Number.isFinite(snr)) continue;
    best[group] = Math.max(best[group]!, snr);
    maximaOfGroup[group]!++;
    lastMaximum[group] = m;
    maximumAt.set(spans.maximumY[m]! * width + spans.maximumX[m]!, m);
  }
  // A first cut a little low: the final noise scale may come out smaller than the first.
  const splitter = createPeakSplitter(spans, width, {
    minimumProminence: c.minimumProminence,
    contrast: c.contrast,
    threshold: 0.95 * c.thresholdSigma,
    noiseScale: firstScale,
  });
  const labels = createLabelMap(bbox);
  const stride = width + 2;
  let pixels = new Int32Array(65536);
  let pixelCount = 0;
  let peakOf = new Int32Array(4096);
  let footprintOf = new Int32Array(4096);
  let count = 0;
  let footprintCount = 0;
  for (let group = 0; group < spans.count; group++) {
    const from = starts[group]!;
    const to = starts[group + 1]!;
    if (from === to || best[group]! < 0.95 * c.thresholdSigma * firstScale) continue;
    let area = 0;
    for (let k = from; k < to; k++) area += spans.x1[members[k]!]! - spans.x0[members[k]!]! + 1;
    if (area < c.minimumArea) continue;
    const first = count + 1;
    pixels = ensureInt32(pixels, pixelCount + area);
    if (maximaOfGroup[group]! === 1) {
      peakOf = ensureInt32(peakOf, count + 1);
      footprintOf = ensureInt32(footprintOf, count + 1);
      peakOf[count] = lastMaximum[group]!;
      footprintOf[count++] = footprintCount++;
      for (let k = from; k < to; k++) {
        const s = members[k]!;
        const row = (spans.y[s]! + 1) * stride + 1;
        for (let p = row + spans.x0[s]!; p <= row + spans.x1[s]!; p++) {
          labels[p] = first;
          pixels[pixelCount++] = p;
        }
      }
      continue;
    }
    const kept = splitter.split(members, from, to, maximumAt);
    if (kept === 0) continue;
    peakOf = ensureInt32(peakOf, count + kept);
    footprintOf = ensureInt32(footprintOf, count + kept);
    for (let k = 0; k < kept; k++) {
      peakOf[count] = splitter.peaks()[k]!;
      footprintOf[count++] = footprintCount;
    }
    footprintCount++;
    splitter.forEachPixel((x, y, peak) => {
      if (peak < 0) return;
      const p = (y + 1) * stride + x + 1;
      labels[p] = first + peak;
      pixels[pixelCount++] = p;
    });
  }
  const scale =
    typeof c.noiseScale === "number"
      ? c.noiseScale
      : refineNoiseScale(samples, (x, y) => labels[(y + 1) * stride + x + 1] === 0, firstScale);
  // Growth covers at least the PSF's core, so that what is left outside is sky.
  const grow = Math.round(c.growSigma * middle.sigma);
  growLabels(labels, stride, pixels, pixelCount, grow);
  const keep = new Uint8Array(count);
  for (let k = 0; k < count; k++) keep[k] = spans.peakSnr[peakOf[k]!]! >= c.thresholdSigma * scale ? 1 : 0;
  return assemble(masked, spans, labels, peakOf, footprintOf, keep, footprintCount, scale, kernel.squareSum);
}

/** Drops peaks that `keep` rejects (their pixels go with them) and lays out the columns. */
function assemble(
  masked: MaskedImage,
  spans: Spans,
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
  if (count < all) {
    const renumber = new Int32Array(all + 1);
    let n = 0;
    for (let k = 0; k < all; k++) renumber[k + 1] = keep[k] ? ++n : 0;
    for (let p = 0; p < labels.length; p++) if (labels[p]! > 0) labels[p] = renumber[labels[p]!]!;
  }
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
    x[n] = spans.peakX[peak]! + bbox.x0;
    y[n] = spans.peakY[peak]! + bbox.y0;
    peakValue[n] = spans.peakValue[peak]! / squareSum;
    significance[n++] = spans.peakSnr[peak]! / scale;
  }
  const segments = collectSegments(labels, bbox, count);
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
