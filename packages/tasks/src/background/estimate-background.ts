import type { BackgroundModel, MaskedImage } from "@almagest/images";
import { boxStatistics } from "@almagest/kernels";
import { bitsOf } from "../mask-bits.ts";
import { filterMesh } from "./filter-mesh.ts";
import type { SkyMesh } from "./sky-mesh.ts";
import { spreadQuantized } from "./spread-quantized.ts";

/** How {@link estimateSkyMesh} measures the sky. */
export interface BackgroundConfig {
  /** Edge of the mesh boxes, pixels. */
  readonly boxSize: number;
  /** Edge of the median filter over the mesh, nodes (odd). */
  readonly filterSize: number;
  /** Clipping of pixels in a box, in standard deviations. */
  readonly clipSigma: number;
  /** `mode` before sources are masked, `mean` or `median` after. */
  readonly statistic: "mode" | "median" | "mean";
  /** Planes whose pixels do not count. */
  readonly ignorePlanes: readonly string[];
  /** A box with a smaller share of usable pixels is filled from its neighbours. */
  readonly minimumFraction: number;
}

/** The defaults: 128-pixel boxes, 3 × 3 median, 3 sigma, mode. */
export const DEFAULT_BACKGROUND: BackgroundConfig = {
  boxSize: 128,
  filterSize: 3,
  clipSigma: 3,
  statistic: "mode",
  ignorePlanes: ["BAD", "SAT", "EDGE", "NO_DATA", "DETECTED", "DETECTED_NEGATIVE", "CR", "SUSPECT"],
  minimumFraction: 0.15,
};

/**
 * Measures the sky of a masked image on a mesh, in image units: clipped level and pixel scatter per box, median-filtered.
 * `mode` is 2.5 median − 1.5 mean of the clipped pixels, or the median where the field is so crowded that the two differ by
 * 0.3 sigma (Bertin & Arnouts 1996, A&AS 117, 393, §7.1).
 */
export function estimateSkyMesh(masked: MaskedImage, config: Partial<BackgroundConfig> = {}): SkyMesh {
  const c = { ...DEFAULT_BACKGROUND, ...config };
  const { bbox } = masked;
  const bits = bitsOf(c.ignorePlanes, masked.mask.planes);
  const pixels = spreadQuantized(masked.image.data);
  const boxes = boxStatistics(pixels, masked.mask.data, bits, bbox.width, bbox.height, c.boxSize, {
    clipSigma: c.clipSigma,
    iterations: 10,
  });
  const { nx, ny, mean, median, sigma, count } = boxes;
  const fewest = c.minimumFraction * Math.min(c.boxSize, bbox.width) * Math.min(c.boxSize, bbox.height);
  const level = new Float32Array(nx * ny);
  const rms = new Float32Array(nx * ny);
  for (let k = 0; k < level.length; k++) {
    const enough = count[k]! >= fewest;
    const [m, d, s] = [mean[k]!, median[k]!, sigma[k]!];
    const mode = Math.abs(m - d) < 0.3 * s ? 2.5 * d - 1.5 * m : d;
    level[k] = enough ? { mode, median: d, mean: m }[c.statistic] : NaN;
    rms[k] = enough ? s : NaN;
  }
  return filterMesh({ bbox, boxSize: c.boxSize, columns: nx, rows: ny, level, rms }, c.filterSize);
}

/** A sky mesh as the background model (bicubic spline) that images store, subtract and restore. */
export function createBackgroundModel(mesh: SkyMesh): BackgroundModel {
  const { bbox, boxSize, columns, rows, level } = mesh;
  return { layers: [{ kind: "spline", bbox, boxSize, nx: columns, ny: rows, values: level }] };
}

/**
 * Estimates the background of a masked image, in image units. Once without a source mask (`statistic: "mode"`), then, with
 * DETECTED set, again with `statistic: "mean"`; subtract it with `subtractBackground` of the images room.
 */
export function estimateBackground(
  masked: MaskedImage,
  config: Partial<BackgroundConfig> = {},
): BackgroundModel {
  return createBackgroundModel(estimateSkyMesh(masked, config));
}
