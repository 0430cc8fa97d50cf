import { type CoaddPsf, type CoaddPsfComponent, createCoaddPsf, type Exposure } from "@almagest/images";
import type { SkyWcs } from "@almagest/sphere";

/** The PSFs of one warp's detectors, times the warp's weight. */
function componentsOf(warp: Pick<Exposure, "psf" | "wcs" | "bbox">, weight: number): CoaddPsfComponent[] {
  const { psf, wcs, bbox } = warp;
  if (psf === undefined || wcs === undefined) return [];
  if (psf.kind !== "coadd") return [{ psf, wcs, bbox, weight }];
  return (psf as CoaddPsf).components.map((component) => ({
    ...component,
    weight: component.weight * weight,
  }));
}

/** The PSF of a weighted mean of warps on the pixels of `wcs`; undefined when none of them has a PSF. */
export function mergePsfs(
  warps: readonly { readonly warp: Pick<Exposure, "psf" | "wcs" | "bbox">; readonly weight: number }[],
  wcs: SkyWcs,
): CoaddPsf | undefined {
  const components = warps.flatMap(({ warp, weight }) => componentsOf(warp, weight));
  return components.length > 0 ? createCoaddPsf(components, wcs) : undefined;
}
