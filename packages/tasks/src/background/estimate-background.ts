import type { BackgroundModel, MaskedImage } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import type { LevelStatistic } from "./box-level.ts";
import { filterMesh } from "./filter-mesh.ts";
import { measureMesh } from "./measure-mesh.ts";
import type { SkyMesh } from "./sky-mesh.ts";

/** How {@link estimateSkyMesh} measures the sky. */
export interface BackgroundConfig {
  /** Edge of the mesh boxes, pixels. */
  readonly boxSize: number;
  /** Edge of the median filter over the mesh, nodes (odd). */
  readonly filterSize: number;
  /** Clipping of pixels in a box, in standard deviations. */
  readonly clipSigma: number;
  /** `mode` before sources are masked, `mean` or `median` after. */
  readonly statistic: LevelStatistic;
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

/** Measures the sky of a masked image on a mesh, in image units: clipped level and pixel scatter per box, median-filtered. */
export function estimateSkyMesh(masked: MaskedImage, config: Partial<BackgroundConfig> = {}): SkyMesh {
  const c = { ...DEFAULT_BACKGROUND, ...config };
  const mesh = measureMesh(masked, {
    boxSize: c.boxSize,
    clipSigma: c.clipSigma,
    statistic: c.statistic,
    minimumFraction: c.minimumFraction,
    ignoreBits: bitsOf(c.ignorePlanes, masked.mask.planes),
  });
  return filterMesh(mesh, c.filterSize);
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
