import { z } from "zod";
import { cosmicRayConfig } from "../cosmic-rays/cosmic-ray-config.ts";

const flag = (value: boolean, doc: string) => z.boolean().default(value).describe(doc);

/** How the serial and parallel overscan are measured. */
export const overscanConfig = z.object({
  leadingColumnsToSkip: z
    .number()
    .int()
    .min(0)
    .default(3)
    .describe("Serial overscan columns nearest the imaging pixels left out: they still hold charge."),
  trailingColumnsToSkip: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe("Last serial overscan columns left out."),
  doParallelOverscan: flag(
    false,
    "After the serial overscan, subtract each column's parallel overscan median.",
  ),
  leadingRowsToSkip: z
    .number()
    .int()
    .min(0)
    .default(3)
    .describe("Parallel overscan rows nearest the imaging pixels left out."),
  maxParallelAdu: z
    .number()
    .positive()
    .default(100)
    .describe("Parallel overscan columns above this are bled into and are not subtracted, ADU."),
});

/** Options of the `isr` task; the names follow lsst.ip.isr.IsrTaskLSST where it has the same option. */
export const isrConfig = z.object({
  doOverscan: flag(true, "Subtract the serial overscan level of each row where an amplifier has overscan."),
  overscan: overscanConfig.prefault({}),
  doSaturation: flag(true, "Mask pixels at or above the amplifier's saturation level (SAT)."),
  doSuspect: flag(true, "Mask pixels above `suspectFraction` of saturation (SUSPECT)."),
  suspectFraction: z
    .number()
    .positive()
    .default(0.95)
    .describe("SUSPECT begins at this fraction of saturation."),
  growSaturation: z.number().int().min(0).default(1).describe("Pixels by which SAT regions are grown."),
  doCrosstalk: flag(true, "Subtract the crosstalk between amplifiers where the detector has coefficients."),
  crosstalkMaskElectrons: z
    .number()
    .positive()
    .default(1000)
    .describe("Pixels corrected by more electrons than this are flagged CROSSTALK."),
  doBias: flag(true, "Subtract the combined bias frame."),
  doDark: flag(true, "Subtract the combined dark frame times the dark time."),
  doFlat: flag(true, "Divide by the combined flat frame."),
  doDefect: flag(true, "Mask the detector's defects (BAD)."),
  calibrationsOptional: flag(
    false,
    "Where a wanted bias, dark, flat or defect list does not exist, go on without it (and say so).",
  ),
  minimumFlat: z
    .number()
    .positive()
    .default(0.05)
    .describe("Pixels whose flat is below this are not illuminated: NO_DATA."),
  doVariance: flag(true, "Fill the variance plane from signal and read noise."),
  maxReadNoiseElectrons: z
    .number()
    .positive()
    .default(1000)
    .describe("Amplifiers whose overscan scatters by more electrons than this are masked BAD."),
  doInterpolate: flag(true, "Replace BAD, SAT and CR pixels from their neighbours (INTRP)."),
  doCosmicRay: flag(true, "Find cosmic rays and mask them (CR)."),
  cosmicRay: cosmicRayConfig.prefault({}),
  doAmplifierCheck: flag(
    true,
    "Record the steps between adjoining amplifiers, where the gains should agree.",
  ),
  doAmpOffset: flag(false, "Also take those steps out (never wanted where large galaxies fill amplifiers)."),
});

/** What the `isr` task is told. */
export type IsrConfig = z.output<typeof isrConfig>;
