import { z } from "zod";

/** Configuration of {@link calibrateImageTask}; every field has a default. */
export const calibrateImageConfig = z.object({
  backgroundBoxSize: z.int().min(16).default(128).describe("Edge of the background mesh boxes, pixels."),
  psfDetectionSigma: z
    .number()
    .positive()
    .default(10)
    .describe("Detection threshold for PSF candidates, S/N."),
  psfPasses: z.int().min(1).max(4).default(2).describe("Rounds of PSF fitting, each with better centroids."),
  psfOrder: z
    .int()
    .min(0)
    .max(4)
    .default(2)
    .describe("Largest polynomial order of the PSF over the detector."),
  psfFallback: z
    .boolean()
    .default(false)
    .describe(
      "Where no star is fit for a PSF model, take a Gaussian of the narrowest sources' width and say so.",
    ),
  detectionSigma: z
    .number()
    .positive()
    .default(5)
    .describe("Detection threshold of the source table, S/N of the PSF flux."),
  doCosmicRays: z.boolean().default(true).describe("Look for cosmic rays again with the fitted PSF."),
  doAstrometry: z.boolean().default(true).describe("Fit the WCS to the reference catalogue."),
  requireAstrometry: z
    .boolean()
    .default(true)
    .describe(
      "Fail the quantum when positions cannot be solved; otherwise keep the header's WCS and say so.",
    ),
  astrometryMaxShiftArcsec: z
    .number()
    .positive()
    .default(60)
    .describe("Largest error of the pointing, arcsec."),
  astrometryMaxOrder: z.int().min(1).max(5).default(3).describe("Largest polynomial order of the WCS."),
  astrometrySnr: z
    .number()
    .positive()
    .default(10)
    .describe("S/N that a source needs to take part in the match."),
  minScaleArcsec: z
    .number()
    .positive()
    .default(0.05)
    .describe("Smallest pixel scale to try without a WCS, arcsec."),
  maxScaleArcsec: z
    .number()
    .positive()
    .default(12)
    .describe("Largest pixel scale to try without a WCS, arcsec."),
  doPhotometry: z.boolean().default(true).describe("Fit the zero point to the reference catalogue."),
  photometrySnr: z
    .number()
    .positive()
    .default(20)
    .describe("S/N that a star needs to take part in the zero point."),
  matchRadiusArcsec: z.number().positive().default(0.7).describe("Match radius for the zero point, arcsec."),
});

/** Configuration of calibrateImage. */
export type CalibrateImageConfig = typeof calibrateImageConfig._output;
