import { z } from "zod";

/** Options of `assembleDeepCoadd`. */
export const coaddConfig = z.object({
  maxPsfFwhmArcsec: z
    .number()
    .positive()
    .default(1.7)
    .describe("Visits with a wider point source are left out."),
  doPsfCut: z
    .boolean()
    .default(true)
    .describe("Apply `maxPsfFwhmArcsec`; when no visit would be left, all are kept and the log says so."),
  badPlanes: z
    .array(z.string())
    .default(["BAD", "NO_DATA", "SAT", "CR", "UNMASKEDNAN"])
    .describe("Pixels with these planes do not count."),
  clipSigma: z
    .number()
    .positive()
    .default(2.5)
    .describe("Clipping of the mean that stands for the static sky, standard deviations."),
  artifactSigma: z
    .number()
    .positive()
    .default(5)
    .describe("A visit that differs from the static sky by more may hold an artifact, standard deviations."),
  growSigma: z
    .number()
    .positive()
    .default(3)
    .describe("Pixels touching an artifact and above this belong to it."),
  artifactMinimumPixels: z
    .number()
    .int()
    .min(1)
    .default(4)
    .describe("Fewest touching pixels of an artifact."),
  maxEpochs: z
    .number()
    .min(1)
    .default(2)
    .describe(
      "Artifacts appear in at most max(1, min(0.4 N, this + 0.03 N)) of N visits; what more visits show is the sky.",
    ),
  profileFraction: z
    .number()
    .min(0)
    .default(0.2)
    .describe(
      "Difference granted where the sky is bright, as a fraction of it (PSF mismatch, variable stars).",
    ),
  pairFraction: z
    .number()
    .min(0)
    .default(2)
    .describe(
      "Where only two visits see the sky: difference granted, as a fraction of the fainter one (a variable star, not an artifact).",
    ),
  doArtifactRejection: z.boolean().default(true).describe("Look for and mask artifacts by comparing visits."),
  maxMegabytes: z
    .number()
    .positive()
    .default(512)
    .describe("Memory for pixels of visits; deeper stacks are combined in strips of rows."),
});

/** What `assembleDeepCoadd` is told. */
export type CoaddConfig = z.output<typeof coaddConfig>;
