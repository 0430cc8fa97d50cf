import { createRandom } from "@almagest/base";
import { mjdToTaiNs, offsetPosition, taiNsToMjd } from "@almagest/sphere";
import { BANDS } from "../optics/bands.ts";
import { createVisitPsf, type VisitPsf } from "../optics/visit-psf.ts";
import type { SurveyOptions } from "../survey-options.ts";

/** One exposure of the survey, as planned; everything random about it follows from the seed and its id. */
export interface PlannedExposure {
  readonly id: number;
  readonly dayObs: number;
  readonly seqNum: number;
  readonly type: "OBJECT" | "BIAS" | "DARK" | "FLAT";
  /** `none` for biases and darks. */
  readonly band: string;
  readonly beginTaiNs: bigint;
  readonly exposureSec: number;
  readonly darkSec: number;
  readonly group: string;
  readonly visit?: PlannedVisit;
}

/** The conditions of one visit of the sky. */
export interface PlannedVisit {
  /** What the telescope was told, and where it went. */
  readonly commanded: { readonly raDeg: number; readonly decDeg: number; readonly rotatorDeg: number };
  readonly actual: { readonly raDeg: number; readonly decDeg: number; readonly rotatorDeg: number };
  readonly airmass: number;
  readonly azimuthDeg: number;
  readonly transparency: number;
  /** AB magnitude that gives one electron in the exposure. */
  readonly zeroPointMag: number;
  /** Sky electrons per pixel at the field centre, and its relative slopes across the camera's corner radius. */
  readonly skyElectrons: number;
  readonly skySlopeX: number;
  readonly skySlopeY: number;
  readonly psf: VisitPsf;
  readonly midMjd: number;
}

/** Start of the observing night of a day (TAI MJD): 1 h UTC of the next date. */
function nightMjd(dayObs: number): number {
  const ms = Date.UTC(Math.floor(dayObs / 10_000), (Math.floor(dayObs / 100) % 100) - 1, dayObs % 100);
  return ms / 86_400_000 + 40_587 + 1 + 1 / 24;
}

function addDays(dayObs: number, days: number): number {
  const ms = Date.UTC(
    Math.floor(dayObs / 10_000),
    (Math.floor(dayObs / 100) % 100) - 1,
    (dayObs % 100) + days,
  );
  return Number(new Date(ms).toISOString().slice(0, 10).replaceAll("-", ""));
}

/** The observing days on which the field is visited. */
export function surveyNights(options: SurveyOptions): { dayObs: number; mjd: number }[] {
  return Array.from({ length: options.visitsPerBand }, (_, night) => {
    const dayObs = addDays(options.firstDay, night * options.daysBetweenNights);
    return { dayObs, mjd: nightMjd(dayObs) };
  });
}

/** All exposures in order of time: calibrations on the afternoon before the first night, then one visit per band and night. */
export function planExposures(options: SurveyOptions): PlannedExposure[] {
  const afternoon = nightMjd(options.firstDay) - 5 / 24;
  const exposures: PlannedExposure[] = [];
  const add = (
    dayObs: number,
    mjd: number,
    rest: Omit<PlannedExposure, "id" | "dayObs" | "seqNum" | "beginTaiNs" | "group">,
  ): void => {
    const seqNum = exposures.filter((exposure) => exposure.dayObs === dayObs).length + 1;
    const beginTaiNs = (mjdToTaiNs(mjd) / 1_000_000n) * 1_000_000n;
    const id = dayObs * 100_000 + seqNum;
    exposures.push({ id, dayObs, seqNum, beginTaiNs, group: String(id), ...rest });
  };
  let mjd = afternoon;
  const step = (seconds: number): number => (mjd += (seconds + 5) / 86_400);
  const day = options.firstDay;
  for (let i = 0; i < options.biases; i++)
    add(day, step(0), { type: "BIAS", band: "none", exposureSec: 0, darkSec: 0 });
  for (let i = 0; i < options.darks; i++) {
    add(day, step(options.darkSec), {
      type: "DARK",
      band: "none",
      exposureSec: options.darkSec,
      darkSec: options.darkSec,
    });
  }
  for (const band of options.bands) {
    for (let i = 0; i < options.flats; i++)
      add(day, step(5), { type: "FLAT", band, exposureSec: 5, darkSec: 6 });
  }
  for (const night of surveyNights(options)) {
    options.bands.forEach((band, index) => {
      const begin = night.mjd + (index * 20) / 1440;
      const darkSec = options.exposureSec + 1;
      add(night.dayObs, begin, {
        type: "OBJECT",
        band,
        exposureSec: options.exposureSec,
        darkSec,
        visit: planVisit(options, night.dayObs, band, begin),
      });
    });
  }
  return exposures;
}

function planVisit(options: SurveyOptions, dayObs: number, band: string, beginMjd: number): PlannedVisit {
  const random = createRandom(`${options.seed}/visit`).fork(`${dayObs}/${band}`);
  const bandFacts = BANDS.get(band)!;
  const dither = offsetPosition(
    options.raDeg,
    options.decDeg,
    360 * random.uniform(),
    options.ditherArcsec * Math.sqrt(random.uniform()),
  );
  const rotatorDeg = options.rotationRangeDeg * (2 * random.uniform() - 1);
  const errorArcsec = Math.hypot(random.normal(), random.normal()) * options.pointingErrorArcsec;
  const missed = offsetPosition(dither.raDeg, dither.decDeg, 360 * random.uniform(), errorArcsec);
  const airmass = 1.02 + 0.45 * random.uniform() ** 1.5;
  const transparency = 1 - 0.06 * random.uniform() ** 2;
  const zeroPointMag =
    bandFacts.zeroPointMag +
    2.5 * Math.log10(options.exposureSec * transparency) -
    bandFacts.extinctionMag * airmass;
  // The sky shines below most of the extinction: only its own scatter changes it.
  const skyMag = bandFacts.skyMag + 0.12 * random.normal() - 0.3 * (airmass - 1);
  const skyRate = 10 ** (-0.4 * (skyMag - bandFacts.zeroPointMag)) * options.camera.pixelScaleArcsec ** 2;
  const seeing = options.seeingArcsec * Math.exp(0.13 * random.normal()) * airmass ** 0.6;
  return {
    commanded: { ...dither, rotatorDeg },
    actual: { ...missed, rotatorDeg: rotatorDeg + 0.01 * random.normal() },
    airmass,
    azimuthDeg: 360 * random.uniform(),
    transparency,
    zeroPointMag,
    skyElectrons: skyRate * options.exposureSec,
    skySlopeX: 0.015 * random.normal(),
    skySlopeY: 0.015 * random.normal(),
    psf: createVisitPsf(seeing, random.fork("psf")),
    midMjd: taiNsToMjd(mjdToTaiNs(beginMjd)) + options.exposureSec / 2 / 86_400,
  };
}
