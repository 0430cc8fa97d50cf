import { z } from "zod";

/** Options of resampling one image onto another pixel grid. */
export const warpConfig = z.object({
  mapSpacingPixels: z
    .number()
    .int()
    .min(1)
    .default(32)
    .describe("The pixel map is exact on a grid of this spacing and linear in between, pixels."),
  maxMapErrorPixels: z
    .number()
    .positive()
    .default(0.002)
    .describe("The grid is refined until linear interpolation errs by less than this, pixels."),
  spreadPlanes: z
    .array(z.string())
    .default(["NO_DATA", "UNMASKEDNAN"])
    .describe(
      "Source pixels with these planes hold no estimate of the sky: every kernel that touches one is NO_DATA.",
    ),
});

/** What resampling is told. */
export type WarpConfig = z.output<typeof warpConfig>;

/** Options of `makeDirectWarp`. */
export const directWarpConfig = z.object({
  warp: warpConfig.prefault({}),
  zeroPointOfElectronPerSec: z
    .number()
    .optional()
    .describe(
      "AB magnitude of one electron per second, for images in electrons whose photometry could not be solved; without it they are refused.",
    ),
  borderPixels: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("Rows and columns along a detector's edge left out."),
});

/** What `makeDirectWarp` is told. */
export type DirectWarpConfig = z.output<typeof directWarpConfig>;
