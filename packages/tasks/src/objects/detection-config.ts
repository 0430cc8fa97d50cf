import { z } from "zod";

/**
 * How a coadd's sources are found. The tasks that detect and that force photometry share it, so that both see the same sky.
 * The threshold stands a little below 5: one smoothing kernel serves a whole patch and loses some S/N away from its middle,
 * and a source of true S/N 5 should pass as often as not.
 */
export const coaddDetectionConfig = z.object({
  backgroundBoxSize: z.int().min(16).default(128).describe("Edge of the background mesh boxes, pixels."),
  detectionSigma: z.number().positive().default(4.7).describe("Detection threshold, S/N of the PSF flux."),
});
