import type { Random } from "@almagest/base";
import type { SurveyOptions } from "../survey-options.ts";
import { drawPosition, type Field } from "./field.ts";
import type { SkyObject } from "./sky-objects.ts";
import { drawStarMagnitudes, fluxesOf } from "./star-colours.ts";

/** Stars grow 10^0.18-fold per magnitude, as at high galactic latitude; galaxies 10^0.32-fold, below a uniform universe's 0.6. */
const STAR_SLOPE = 0.18;
const GALAXY_SLOPE = 0.32;
const GALAXY_BRIGHTEST = 18;
const GALAXY_FAINTEST = 26.5;

/** A magnitude whose counts grow by 10^slope per magnitude between two limits. */
function drawMagnitude(slope: number, bright: number, faint: number, random: Random): number {
  const low = 10 ** (slope * (bright - faint));
  return faint + Math.log10(low + (1 - low) * random.uniform()) / slope;
}

/** The field's constant stars. */
export function drawStars(options: SurveyOptions, field: Field, random: Random): SkyObject[] {
  const count = Math.round(options.starsPerArcmin2 * field.areaArcmin2);
  return Array.from({ length: count }, () => {
    const mag = drawMagnitude(STAR_SLOPE, options.brightestStarMag, options.faintestStarMag, random);
    return { kind: "star", ...drawPosition(field, random), flux: fluxesOf(drawStarMagnitudes(mag, random)) };
  });
}

/** The field's galaxies: a quarter red spheroids, the others blue discs with small bulges; sizes shrink with magnitude. */
export function drawGalaxies(options: SurveyOptions, field: Field, random: Random): SkyObject[] {
  const count = Math.round(options.galaxiesPerArcmin2 * field.areaArcmin2);
  return Array.from({ length: count }, () => {
    const i = drawMagnitude(GALAXY_SLOPE, GALAXY_BRIGHTEST, GALAXY_FAINTEST, random);
    const isSpheroid = random.uniform() < 0.25;
    const gr = isSpheroid ? 1.1 + 0.25 * random.normal() : 0.55 + 0.25 * random.normal();
    const ri = isSpheroid ? 0.5 + 0.15 * random.normal() : 0.25 + 0.15 * random.normal();
    const iz = 0.5 * ri + 0.05 * random.normal();
    const mags = { u: i + ri + gr + 0.9, g: i + ri + gr, r: i + ri, i, z: i - iz, y: i - 1.4 * iz };
    const radius = 0.45 * 10 ** (-0.13 * (i - 23)) * 10 ** (0.2 * random.normal());
    // Ellipticities as of discs seen from everywhere: Rayleigh with a cut.
    const ellipticity = Math.min(0.75, 0.28 * Math.sqrt(-2 * Math.log(1 - random.uniform())));
    return {
      kind: "galaxy",
      ...drawPosition(field, random),
      flux: fluxesOf(mags),
      radiusArcsec: Math.min(4, Math.max(0.05, radius)),
      bulgeShare: isSpheroid ? 1 : 0.3 * random.uniform() ** 2,
      axisRatio: 1 - ellipticity,
      angleDeg: 180 * random.uniform(),
    };
  });
}
