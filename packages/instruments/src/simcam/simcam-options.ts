import { z } from "zod";

/** What makes one synthetic camera: everything else about it follows from these. */
export interface SimCamOptions {
  /** Detectors side by side and above each other. */
  readonly columns: number;
  readonly rows: number;
  /** Imaging pixels of one detector; the width must be a multiple of 8, the height of 2. */
  readonly width: number;
  readonly height: number;
  readonly pixelScaleArcsec: number;
  /** Space between neighbouring detectors, in pixels. */
  readonly gapPixels: number;
  /** Relative radial displacement at the focal plane's corner. */
  readonly distortion: number;
  /** Gains, noises and crosstalk are drawn from this seed. */
  readonly seed: number;
}

/** The camera of the demonstration: four detectors of 1024 × 1024 pixels of 0.2 arcsec. */
export const DEFAULT_SIMCAM_OPTIONS: SimCamOptions = {
  columns: 2,
  rows: 2,
  width: 1024,
  height: 1024,
  pixelScaleArcsec: 0.2,
  gapPixels: 24,
  distortion: 1e-3,
  seed: 1,
};

/** Checks options that come from outside (a configuration, a header). */
export const simCamOptionsSchema: z.ZodType<SimCamOptions> = z.object({
  columns: z.int().min(1).max(20),
  rows: z.int().min(1).max(20),
  width: z.int().min(64).max(16_384).multipleOf(8),
  height: z.int().min(64).max(16_384).multipleOf(2),
  pixelScaleArcsec: z.number().positive().max(10),
  gapPixels: z.number().min(0).max(10_000),
  distortion: z.number().min(-0.05).max(0.05),
  seed: z.int().min(0),
});

/** Header keyword of each option; raw files carry them, so that a raw file tells its whole camera. */
export const SIMCAM_KEYWORDS: Readonly<Record<keyof SimCamOptions, string>> = {
  columns: "SIMCOLS",
  rows: "SIMROWS",
  width: "SIMWIDTH",
  height: "SIMHIGH",
  pixelScaleArcsec: "SIMSCALE",
  gapPixels: "SIMGAP",
  distortion: "SIMDIST",
  seed: "SIMSEED",
};
