import { AlmagestError } from "@almagest/base";
import { type Box, createMaskedImage, type Exposure, isEmptyBox, type MaskedImage } from "@almagest/images";
import { warpLanczos3 } from "@almagest/kernels";
import type { SkyWcs } from "@almagest/sphere";
import { bitsOf, NO_DATA } from "../mask-bits.ts";
import { createCoordinateGrid, findReach } from "./coordinate-grid.ts";
import type { WarpConfig } from "./warp-config.ts";

/**
 * Resamples an exposure's pixels onto the part of `destinationBox` (pixels of `destinationWcs`) that it reaches, with
 * Lanczos order 3: sums of pixels are kept (each value is multiplied by the area of its pixel in source pixels),
 * variance goes with squared weights, mask bits with the nearest pixels. Where the kernel does not lie wholly on good pixels
 * the result is NaN and NO_DATA. Undefined when the exposure does not reach the box. Throws `TASKS.NO_WCS`.
 */
export function warpExposure(
  exposure: Exposure,
  destinationWcs: SkyWcs,
  destinationBox: Box,
  config: WarpConfig,
): MaskedImage | undefined {
  if (exposure.wcs === undefined) {
    throw new AlmagestError(
      "TASKS.NO_WCS",
      "The image has no WCS and cannot be warped; solve its astrometry first.",
    );
  }
  const reach = findReach(exposure.bbox, exposure.wcs, destinationBox, destinationWcs);
  if (isEmptyBox(reach)) return undefined;
  const result = createMaskedImage(reach);
  const { mapSpacingPixels, maxMapErrorPixels } = config;
  const { width, height } = exposure.bbox;
  warpLanczos3(
    {
      width,
      height,
      image: exposure.image.data,
      variance: exposure.variance.data,
      mask: exposure.mask.data,
    },
    createCoordinateGrid(
      reach,
      destinationWcs,
      exposure.wcs,
      exposure.bbox,
      mapSpacingPixels,
      maxMapErrorPixels,
    ),
    {
      width: reach.width,
      height: reach.height,
      image: result.image.data,
      variance: result.variance.data,
      mask: result.mask.data,
    },
    { noDataBits: NO_DATA, spreadBits: bitsOf(config.spreadPlanes, exposure.mask.planes) },
  );
  return result;
}
