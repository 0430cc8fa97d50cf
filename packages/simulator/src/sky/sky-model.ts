import { createRandom } from "@almagest/base";
import { offsetPosition } from "@almagest/sphere";
import { surveyNights } from "../plan/exposures.ts";
import type { SurveyOptions } from "../survey-options.ts";
import { drawGalaxies, drawStars } from "./draw-objects.ts";
import { createField, drawPosition, type Field } from "./field.ts";
import {
  drawEclipsing,
  drawRrLyrae,
  drawSupernova,
  type LightCurve,
  lightCurveFlux,
} from "./light-curves.ts";
import { drawMovers, type Mover } from "./movers.ts";
import { createSkyObjects, type SkyObject, type SkyObjects } from "./sky-objects.ts";
import { drawStarMagnitudes, fluxesOf } from "./star-colours.ts";

/** The sky of a survey: its sources, which of them vary and how, and what moves. */
export interface SkyModel {
  readonly field: Field;
  readonly objects: SkyObjects;
  /** Light curve by index into `objects`. */
  readonly lightCurves: ReadonlyMap<number, LightCurve>;
  readonly movers: readonly Mover[];
}

/** Draws the sky; the same options give the same sky. */
export function createSkyModel(options: SurveyOptions): SkyModel {
  const random = createRandom(`${options.seed}/sky`);
  const field = createField(options);
  const nights = surveyNights(options).map((night) => night.mjd);
  const objects: SkyObject[] = [
    ...drawStars(options, field, random.fork("stars")),
    ...drawGalaxies(options, field, random.fork("galaxies")),
  ];
  const lightCurves = new Map<number, LightCurve>();
  const add = (object: SkyObject, curve: LightCurve): void => {
    lightCurves.set(objects.length, curve);
    objects.push(object);
  };
  const inner = { ...field, radiusArcsec: field.radiusArcsec * 0.7 };
  const variables = random.fork("variables");
  const star = (): Omit<SkyObject, "kind"> => {
    const mags = drawStarMagnitudes(17.5 + 4 * variables.uniform(), variables);
    return { ...drawPosition(inner, variables), flux: fluxesOf(mags) };
  };
  for (let i = 0; i < options.rrLyrae; i++) add({ kind: "rr_lyrae", ...star() }, drawRrLyrae(variables));
  for (let i = 0; i < options.eclipsingBinaries; i++)
    add({ kind: "eclipsing", ...star() }, drawEclipsing(variables));

  const supernovae = random.fork("supernovae");
  const hosts = objects.flatMap((object, index) => (isHost(object) ? [{ object, index }] : []));
  for (let i = 0; i < options.supernovae && hosts.length > 0; i++) {
    const { object, index } = hosts[supernovae.integer(hosts.length)]!;
    const distance = object.radiusArcsec! * 1.2 * Math.sqrt(-Math.log(1 - supernovae.uniform()));
    const place = offsetPosition(object.raDeg, object.decDeg, 360 * supernovae.uniform(), distance);
    add(
      { kind: "supernova", ...place, flux: {}, host: index + 1 },
      drawSupernova(nights[0] ?? 60_000, nights.at(-1) ?? 60_000, supernovae),
    );
  }
  return {
    field,
    objects: createSkyObjects(objects, options.bands),
    lightCurves,
    movers: drawMovers(
      options.movers,
      inner,
      nights.map((mjd) => mjd + 20 / 1440),
      random.fork("movers"),
    ),
  };
}

/** Galaxies bright enough to be seen with their supernova. */
function isHost(object: SkyObject): boolean {
  return object.kind === "galaxy" && (object.flux.i ?? object.flux.r ?? 0) > 1500;
}

/** Flux (nJy) of a source in a band at a time. */
export function fluxAt(sky: SkyModel, index: number, band: string, mjd: number): number {
  const mean = sky.objects.flux.get(band)![index]!;
  const curve = sky.lightCurves.get(index);
  return curve === undefined ? mean : lightCurveFlux(curve, band, mjd, mean);
}
