import type { Random } from "@almagest/base";
import { magToNanojansky } from "../optics/bands.ts";

/**
 * Magnitudes of a star in all bands from its r magnitude: a g − r drawn from the two humps of field stars (turn-off and M
 * dwarfs, these the more numerous the fainter), the other colours from the stellar locus with 0.02 mag of scatter.
 */
export function drawStarMagnitudes(rMag: number, random: Random): Record<string, number> {
  const dwarfShare = Math.min(0.75, Math.max(0.25, 0.25 + 0.06 * (rMag - 16)));
  const isDwarf = random.uniform() < dwarfShare;
  const gr = isDwarf
    ? 1.4 + 0.1 * random.normal()
    : Math.min(1.3, 0.35 + 0.35 * -Math.log(1 - random.uniform()));
  const scatter = (): number => 0.02 * random.normal();
  // Beyond the knee of M dwarfs g − r stays and r − i goes on.
  const ri = isDwarf ? 0.55 + 1.2 * random.uniform() ** 1.5 : 0.42 * gr - 0.04 + scatter();
  const iz = 0.52 * ri - 0.01 + scatter();
  return {
    u: rMag + gr + 0.7 + 1.15 * Math.min(gr, 1.4) + scatter(),
    g: rMag + gr,
    r: rMag,
    i: rMag - ri,
    z: rMag - ri - iz,
    y: rMag - ri - iz - (0.35 * iz + 0.01 + scatter()),
  };
}

/** Fluxes (nJy) of magnitudes by band. */
export function fluxesOf(mags: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(mags).map(([band, mag]) => [band, magToNanojansky(mag)]));
}
