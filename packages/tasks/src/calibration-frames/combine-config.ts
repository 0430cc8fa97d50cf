import { z } from "zod";

/** Options that combining biases, darks and flats have in common. */
export const combineConfig = z.object({
  clipSigma: z
    .number()
    .positive()
    .default(4)
    .describe("Values further than this from the median are left out, standard deviations."),
  clipIterations: z.number().int().min(0).default(3).describe("How often the clipping is repeated."),
  badPlanes: z
    .array(z.string())
    .default(["BAD", "SAT", "NO_DATA"])
    .describe(
      "Mask planes whose pixels do not count. Not CR: on a dark every hot pixel looks like one; clipping tells them apart.",
    ),
  maxMegabytes: z
    .number()
    .positive()
    .default(512)
    .describe("Memory for the pixels being combined; larger stacks are combined in strips of rows."),
});

/** What combining calibration frames is told. */
export type CombineConfig = z.output<typeof combineConfig>;

/** Options of `cpFlatCombine`. */
export const flatCombineConfig = combineConfig.extend({
  minimumElectrons: z
    .number()
    .min(0)
    .default(1000)
    .describe("Flats with a lower median are not used (dawn or dusk faded)."),
  maximumSaturatedFraction: z
    .number()
    .positive()
    .default(0.1)
    .describe("Flats with more saturated pixels are not used."),
});

/** Options of `cpDarkCombine`. */
export const darkCombineConfig = combineConfig.extend({
  minimumDarkSec: z.number().positive().default(1).describe("Darks shorter than this are not used, seconds."),
});

/** Options of `cpDefects`. */
export const defectConfig = z.object({
  hotElectronsPerSec: z
    .number()
    .positive()
    .default(5)
    .describe("Pixels whose dark current stands above their surroundings by more are hot."),
  hotSigma: z
    .number()
    .positive()
    .default(8)
    .describe("… and that must also be this significant, in standard deviations of the dark."),
  deadFraction: z
    .number()
    .positive()
    .default(0.8)
    .describe("Pixels whose flat is below this fraction of their surroundings are dead."),
  brightFraction: z
    .number()
    .positive()
    .default(1.2)
    .describe("Pixels whose flat is above this multiple of their surroundings are bad."),
  columnFraction: z
    .number()
    .positive()
    .default(0.2)
    .describe("A column with more than this fraction of bad pixels in an amplifier is bad as a whole."),
});

/** What finding defects is told. */
export type DefectConfig = z.output<typeof defectConfig>;
