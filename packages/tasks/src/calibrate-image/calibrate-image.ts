import { AlmagestError, type Logger } from "@almagest/base";
import type { ApertureCorrection, BackgroundModel, Exposure, PhotoCalib } from "@almagest/images";
import type { SkyWcs } from "@almagest/sphere";
import type { Table } from "@almagest/tables";
import type { AstrometrySolution } from "../astrometry/fit-astrometry.ts";
import { applyApertureCorrection, fitApertureCorrection } from "../measurement/fit-aperture-correction.ts";
import { nanojanskyPerUnit, type ZeroPoint } from "../photometry/fit-zero-point.ts";
import type { ReferenceObjects } from "../reference-catalog/reference-objects.ts";
import type { CalibrateImageConfig } from "./calibrate-image-config.ts";
import { calibrateSources } from "./calibrated-sources.ts";
import { characterizeImage } from "./characterize-image.ts";
import { findStarRows, markStarRows } from "./psf-star-rows.ts";
import { solvePositions } from "./solve-positions.ts";
import { solveZeroPoint } from "./solve-zero-point.ts";

/** A calibrated image with its table and what was learned on the way. */
export interface CalibratedImage {
  readonly exposure: Exposure;
  readonly background: BackgroundModel;
  readonly sources: Table;
  /** Figures for the quantum's metadata and the visit summary. */
  readonly figures: Readonly<Record<string, number>>;
  /** What could not be done, in words. */
  readonly notes: readonly string[];
}

/**
 * Makes a calibrated image of an image in electrons: sky subtracted, PSF fitted, sources measured, positions and zero point
 * solved against reference stars, pixels in nJy. Works in place on the exposure's planes. Throws `TASKS.PSF_NO_STARS`, and
 * `TASKS.ASTROMETRY_FAILED` when positions are required and cannot be solved.
 */
export function calibrateImage(
  exposure: Exposure,
  reference: ReferenceObjects | undefined,
  config: CalibrateImageConfig,
  log: Logger,
  seed: number,
): CalibratedImage {
  const found = characterizeImage(exposure, config, seed);
  const starRows = findStarRows(found.sources, found.psfStars);
  const apertureCorrection = fitApertureCorrection(found.sources, starRows, exposure.bbox, {
    // The PSF flux of a star is what a zero point ties to the sky, on visits and on coadds alike; other fluxes follow it.
    reference: "psfFlux",
    columns: ["kronFlux"],
  });
  const sources = markStarRows(applyApertureCorrection(found.sources, apertureCorrection), starRows);
  const notes: string[] = [];
  if (found.psfFit === undefined)
    notes.push("No star is fit for a PSF model: a Gaussian of the narrowest sources' width stands in.");
  const solution =
    config.doAstrometry && reference ? solvePositions(exposure, sources, reference, config) : undefined;
  if (config.doAstrometry && solution === undefined) {
    const offered =
      reference === undefined ? "no reference catalogue" : `${reference.raDeg.length} reference stars`;
    const what = `Positions could not be solved: ${sources.rows} sources, ${offered}`;
    if (config.requireAstrometry) {
      throw new AlmagestError(
        "TASKS.ASTROMETRY_FAILED",
        `${what}. Check pointing and pixel scale, or set requireAstrometry to false to keep the header's WCS.`,
        { fields: { sources: sources.rows, reference: reference?.raDeg.length ?? 0 } },
      );
    }
    notes.push(`${what}; ${exposure.wcs === undefined ? "the image has none" : "the header's WCS is kept"}.`);
  }
  const wcs = solution?.wcs ?? exposure.wcs;
  const zeroPoint =
    config.doPhotometry && reference && wcs ? solveZeroPoint(sources, wcs, reference, config) : undefined;
  if (config.doPhotometry && zeroPoint === undefined)
    notes.push("No zero point: too few reference stars with fluxes match.");
  for (const note of notes) log.warn(note);
  const photoCalib = zeroPoint === undefined ? undefined : scalePixels(exposure, zeroPoint);
  const figures = collectFigures(exposure, found, solution, zeroPoint, wcs);
  const table = calibrateSources(sources, {
    wcs,
    nanojanskyPerUnit: zeroPoint === undefined ? undefined : nanojanskyPerUnit(zeroPoint.zeroPoint),
    visit: exposure.visitInfo?.visitId ?? exposure.visitInfo?.exposureId ?? 0,
    detector: exposure.detector?.id ?? 0,
    band: exposure.filter?.band ?? "",
  });
  return {
    exposure: assemble(exposure, { psf: found.psf, wcs, photoCalib, apertureCorrection, figures }),
    background: found.background,
    sources: table,
    figures,
    notes,
  };
}

/** Turns electrons into nJy in place; the exposure then has a scale of 1 nJy per unit, with the zero point's relative error. */
function scalePixels(exposure: Exposure, zeroPoint: ZeroPoint): PhotoCalib {
  const factor = Math.fround(nanojanskyPerUnit(zeroPoint.zeroPoint));
  const image = exposure.image.data;
  const variance = exposure.variance.data;
  for (let p = 0; p < image.length; p++) {
    image[p]! *= factor;
    variance[p]! *= factor * factor;
  }
  return { nanojanskyPerUnit: 1, error: zeroPoint.error / 1.0857 };
}

function collectFigures(
  exposure: Exposure,
  found: ReturnType<typeof characterizeImage>,
  solution: AstrometrySolution | undefined,
  zeroPoint: ZeroPoint | undefined,
  wcs: SkyWcs | undefined,
): Record<string, number> {
  const { bbox } = exposure;
  const x = bbox.x0 + (bbox.width - 1) / 2;
  const y = bbox.y0 + (bbox.height - 1) / 2;
  const sigma = found.psf.sigmaAt(x, y);
  const scale = wcs?.pixelScaleArcsec(x, y);
  return {
    sources: found.sources.rows,
    psfStars: found.psfFit?.used.length ?? 0,
    psfSigmaPixels: sigma,
    ...(scale === undefined ? {} : { pixelScaleArcsec: scale, psfFwhmArcsec: sigma * 2.3548 * scale }),
    noiseScale: found.noiseScale,
    ...(solution === undefined
      ? {}
      : {
          astrometryStars: solution.pairs.length,
          astrometryScatterArcsec: solution.scatterArcsec,
          ...(Number.isFinite(solution.shiftArcsec) ? { pointingErrorArcsec: solution.shiftArcsec } : {}),
        }),
    ...(zeroPoint === undefined
      ? {}
      : {
          photometryStars: zeroPoint.used,
          zeroPoint: zeroPoint.zeroPoint,
          zeroPointErr: zeroPoint.error,
          zeroPointScatter: zeroPoint.scatter,
        }),
  };
}

function assemble(
  exposure: Exposure,
  parts: {
    readonly psf: Exposure["psf"];
    readonly wcs: SkyWcs | undefined;
    readonly photoCalib: PhotoCalib | undefined;
    readonly apertureCorrection: ApertureCorrection | undefined;
    readonly figures: Readonly<Record<string, number>>;
  },
): Exposure {
  return {
    ...exposure,
    ...(parts.psf === undefined ? {} : { psf: parts.psf }),
    ...(parts.wcs === undefined ? {} : { wcs: parts.wcs }),
    ...(parts.photoCalib === undefined ? {} : { photoCalib: parts.photoCalib, unit: "nJy" as const }),
    ...(parts.apertureCorrection === undefined ? {} : { apertureCorrection: parts.apertureCorrection }),
    metadata: { ...exposure.metadata, ...parts.figures },
  };
}
