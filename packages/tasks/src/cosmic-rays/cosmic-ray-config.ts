import { z } from "zod";

/** Options of the search for cosmic rays; thresholds in standard deviations unless they say otherwise. */
export const cosmicRayConfig = z.object({
  psfSigmaPixels: z
    .number()
    .positive()
    .optional()
    .describe("Gaussian width of a star, pixels; measured on the image itself when absent."),
  seedSigma: z
    .number()
    .positive()
    .default(6)
    .describe("A seed stands out from its opposite neighbours by this much."),
  growSigma: z.number().positive().default(3).describe("Touching pixels join a ray above this."),
  growPasses: z.number().int().min(0).default(6).describe("How many rings of touching pixels may join."),
  minimumElectrons: z.number().min(0).default(50).describe("Fewest electrons of a whole ray."),
  sharpnessNoise: z
    .number()
    .min(0)
    .default(2.5)
    .describe("Standard deviations of noise granted to a star in the sharpness test."),
  sharpnessFactor: z
    .number()
    .positive()
    .default(0.5)
    .describe("A ray's neighbours are fainter than this fraction of what a star's would be."),
  doInterpolate: z
    .boolean()
    .default(true)
    .describe("Replace the pixels of rays from their neighbours (INTRP)."),
});

/** What the search for cosmic rays is told. */
export type CosmicRayConfig = z.output<typeof cosmicRayConfig>;
