import { createSkyIndex, type SkyWcs } from "@almagest/sphere";
import { getNumbers } from "@almagest/tables";
import { brightSources, fitZeroPoint, nanojanskyPerUnit } from "@almagest/tasks";
import type { MeasuredFrame } from "./measured-frame.ts";

/** S/N of sources that tie flux scales. */
const SNR = 15;
/** Fewest of them. */
const FEWEST = 4;

/** A frame with the WCS settled for it. */
export interface PlacedSources {
  readonly frame: MeasuredFrame;
  readonly wcs: SkyWcs;
}

/** Bright, unsaturated sources of a frame on the sky with their fluxes in the image's unit. */
function fluxesOf({ frame, wcs }: PlacedSources) {
  const { sources } = frame;
  const [x, y, flux, fluxErr, saturated] = ["x", "y", "psfFlux", "psfFluxErr", "pixelFlags_saturated"].map(
    (name) => getNumbers(sources, name),
  );
  const rows = brightSources(sources, SNR).filter((row) => saturated![row] === 0);
  const places = rows.map((row) => wcs.pixelToSky(x![row]!, y![row]!));
  return {
    raDeg: Float64Array.from(places, ({ raDeg }) => raDeg),
    decDeg: Float64Array.from(places, ({ decDeg }) => decDeg),
    flux: Float64Array.from(rows, (row) => flux![row]!),
    fluxErr: Float64Array.from(rows, (row) => fluxErr![row]!),
  };
}

/** The flux scale (nJy per unit) that makes a frame's stars as bright as an anchor's; undefined with too few in common. */
export function tieFluxes(
  placed: PlacedSources,
  anchor: PlacedSources,
  anchorNanojanskyPerUnit: number,
): number | undefined {
  const own = fluxesOf(placed);
  const theirs = fluxesOf(anchor);
  if (theirs.raDeg.length === 0) return undefined;
  const index = createSkyIndex(theirs.raDeg, theirs.decDeg);
  const { x0, y0, width, height } = placed.frame.bbox;
  const radiusArcsec = 1.5 * placed.wcs.pixelScaleArcsec(x0 + width / 2, y0 + height / 2);
  const pairs: Array<readonly [own: number, other: number]> = [];
  for (let i = 0; i < own.raDeg.length; i++) {
    const found = index.nearest(own.raDeg[i]!, own.decDeg[i]!, radiusArcsec);
    if (found !== undefined) pairs.push([i, found.index]);
  }
  const fit = fitZeroPoint(
    {
      flux: Float64Array.from(pairs, ([i]) => own.flux[i]!),
      fluxErr: Float64Array.from(pairs, ([i]) => own.fluxErr[i]!),
      referenceFlux: Float64Array.from(pairs, ([, j]) => theirs.flux[j]! * anchorNanojanskyPerUnit),
      referenceFluxErr: Float64Array.from(pairs, ([, j]) => theirs.fluxErr[j]! * anchorNanojanskyPerUnit),
    },
    FEWEST,
  );
  return fit === undefined ? undefined : nanojanskyPerUnit(fit.zeroPoint);
}
