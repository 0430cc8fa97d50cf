import { createSkyIndex, type SkyWcs } from "@almagest/sphere";
import { getNumbers, type Table } from "@almagest/tables";
import { fitZeroPoint, type ZeroPoint } from "../photometry/fit-zero-point.ts";
import type { ReferenceObjects } from "../reference-catalog/reference-objects.ts";
import type { CalibrateImageConfig } from "./calibrate-image-config.ts";
import { brightSources } from "./solve-positions.ts";

/**
 * Zero point of an image's (aperture-corrected) PSF fluxes from matched reference stars that look like points and have no
 * bad pixels. Undefined when the catalogue has no flux or fewer than three stars match.
 */
export function solveZeroPoint(
  sources: Table,
  wcs: SkyWcs,
  reference: ReferenceObjects,
  config: CalibrateImageConfig,
): ZeroPoint | undefined {
  if (reference.raDeg.length === 0) return undefined;
  const index = createSkyIndex(reference.raDeg, reference.decDeg);
  const x = getNumbers(sources, "x");
  const y = getNumbers(sources, "y");
  const flux = getNumbers(sources, "psfFlux");
  const fluxErr = getNumbers(sources, "psfFluxErr");
  const extended = getNumbers(sources, "extendedness");
  const saturated = sources.columns.has("pixelFlags_saturated")
    ? getNumbers(sources, "pixelFlags_saturated")
    : undefined;
  const pairs: Array<readonly [source: number, reference: number]> = [];
  for (const i of brightSources(sources, config.photometrySnr)) {
    if (extended[i] === 1 || saturated?.[i] === 1) continue;
    const { raDeg, decDeg } = wcs.pixelToSky(x[i]!, y[i]!);
    const found = index.nearest(raDeg, decDeg, config.matchRadiusArcsec);
    if (found !== undefined) pairs.push([i, found.index]);
  }
  return fitZeroPoint({
    flux: Float64Array.from(pairs, ([i]) => flux[i]!),
    fluxErr: Float64Array.from(pairs, ([i]) => fluxErr[i]!),
    referenceFlux: Float64Array.from(pairs, ([, j]) => reference.flux[j]!),
    referenceFluxErr: Float64Array.from(pairs, ([, j]) => reference.fluxErr[j]!),
  });
}
