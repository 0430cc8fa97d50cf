import { createRandom } from "@almagest/base";
import type { Camera, Detector } from "@almagest/images";
import { createDetectorWcs, createSimCamCamera, type SimCamExposure } from "@almagest/instruments";
import { bleedCharge } from "./detector/bleed.ts";
import { addCosmicRays } from "./detector/cosmic-rays.ts";
import { createDetectorModel, type DetectorModel } from "./detector/detector-model.ts";
import { createNoiseStream } from "./detector/noise.ts";
import { readOut } from "./detector/read-out.ts";
import { type PlannedExposure, type PlannedVisit, planExposures } from "./plan/exposures.ts";
import { type RenderOptics, renderSources } from "./render/render-sources.ts";
import { findVisibleSources, trueWcs, type VisibleSources } from "./render/visible-sources.ts";
import { cameraRadiusMm } from "./sky/field.ts";
import { createSkyModel, type SkyModel } from "./sky/sky-model.ts";
import type { SurveyOptions } from "./survey-options.ts";

/** A survey ready to be observed: its sky, plan and camera; detectors are made when first used. */
export interface Survey {
  readonly options: SurveyOptions;
  readonly camera: Camera;
  readonly sky: SkyModel;
  readonly exposures: readonly PlannedExposure[];
  detectorModel(detectorId: number): DetectorModel;
}

/** Sources this far outside a detector still shine onto it. */
const MARGIN_PIXELS = 60;

/** Draws a survey; takes some tenths of a second. */
export function createSurvey(options: SurveyOptions): Survey {
  const models = new Map<number, DetectorModel>();
  return {
    options,
    camera: createSimCamCamera(options.camera),
    sky: createSkyModel(options),
    exposures: planExposures(options),
    detectorModel(detectorId) {
      const known = models.get(detectorId);
      if (known !== undefined) return known;
      const model = createDetectorModel(options, detectorId);
      models.set(detectorId, model);
      return model;
    },
  };
}

/** How sources are drawn on a visit's detectors. */
export function visitOptics(survey: Survey, visit: PlannedVisit): RenderOptics {
  return {
    psf: visit.psf,
    pixelScaleArcsec: survey.options.camera.pixelScaleArcsec,
    radiusMm: cameraRadiusMm(survey.options),
    rotatorDeg: visit.actual.rotatorDeg,
    exposureSec: survey.options.exposureSec,
  };
}

/** The sources on one detector of one visit. */
export function visibleSources(
  survey: Survey,
  exposure: PlannedExposure,
  detector: Detector,
): VisibleSources {
  const visit = exposure.visit!;
  const wcs = trueWcs(survey.camera, detector, visit);
  return findVisibleSources(survey.sky, exposure.band, visit, detector, wcs, MARGIN_PIXELS);
}

/** Expected electrons per pixel, before photon noise: sky and sources through the detector's response, and dark current. */
export function expectedElectrons(
  survey: Survey,
  exposure: PlannedExposure,
  detectorId: number,
): Float32Array {
  const model = survey.detectorModel(detectorId);
  const { detector, dark } = model;
  const { width, height } = detector.bbox;
  const data = new Float32Array(width * height);
  if (exposure.visit !== undefined) {
    renderSources(
      { width, height, data },
      survey.sky,
      visibleSources(survey, exposure, detector),
      detector,
      visitOptics(survey, exposure.visit),
    );
    addSky(survey, exposure.visit, detector, data);
  } else if (exposure.type === "FLAT") {
    // The lamp keeps its brightness to a per cent.
    const lamp = createRandom(`${survey.options.seed}/lamp/${exposure.id}`);
    data.fill(survey.options.flatElectrons * (1 + 0.01 * lamp.normal()));
  }
  if (exposure.band !== "none") {
    const response = model.response(exposure.band);
    for (let i = 0; i < data.length; i++) data[i]! *= response[i]!;
  }
  if (exposure.darkSec > 0) for (let i = 0; i < data.length; i++) data[i]! += dark[i]! * exposure.darkSec;
  return data;
}

function addSky(survey: Survey, visit: PlannedVisit, detector: Detector, data: Float32Array): void {
  const { width, height } = detector.bbox;
  const radius = cameraRadiusMm(survey.options);
  for (let y = 0; y < height; y++) {
    const planeY = (detector.centerYMm + (y - (height - 1) / 2) * detector.pixelSizeMm) / radius;
    for (let x = 0; x < width; x++) {
      const planeX = (detector.centerXMm + (x - (width - 1) / 2) * detector.pixelSizeMm) / radius;
      data[y * width + x]! += visit.skyElectrons * (1 + visit.skySlopeX * planeX + visit.skySlopeY * planeY);
    }
  }
}

/** Takes one exposure with one detector: the stored pixels of its amplifiers. Deterministic per exposure and detector. */
export function simulateDetector(
  survey: Survey,
  exposure: PlannedExposure,
  detectorId: number,
): Uint16Array<ArrayBuffer>[] {
  const { options } = survey;
  const model = survey.detectorModel(detectorId);
  const { width, height } = model.detector.bbox;
  const random = createRandom(`${options.seed}/exposure/${exposure.id}/${detectorId}`);
  const electrons = expectedElectrons(survey, exposure, detectorId);
  if (options.noise) createNoiseStream(random.fork("photons")).addPhotonNoise(electrons);
  if (options.cosmicRays && exposure.darkSec > 10) {
    addCosmicRays({ width, height, data: electrons }, exposure.darkSec, random.fork("cosmic-rays"));
  }
  bleedCharge(electrons, model.detector);
  return readOut(electrons, model, { noise: options.noise, random: random.fork("readout") });
}

/** What the raw header says of an exposure: the pointing is the commanded one. */
export function rawExposureOf(survey: Survey, exposure: PlannedExposure, detector: Detector): SimCamExposure {
  const { visit } = exposure;
  const base = {
    dayObs: exposure.dayObs,
    seqNum: exposure.seqNum,
    type: exposure.type,
    group: exposure.group,
    beginTaiNs: exposure.beginTaiNs,
    exposureSec: exposure.exposureSec,
    darkSec: exposure.darkSec,
    band: exposure.band === "none" ? "white" : exposure.band,
    physicalFilter: exposure.band === "none" ? "none" : `${exposure.band}_sim`,
    object: visit === undefined ? exposure.type : "synthetic field",
    reason: visit === undefined ? exposure.type.toLowerCase() : "science",
  };
  if (visit === undefined) return base;
  return {
    ...base,
    pointing: {
      ...visit.commanded,
      airmass: visit.airmass,
      azimuthDeg: visit.azimuthDeg,
      elevationDeg: (Math.asin(1 / visit.airmass) * 180) / Math.PI,
    },
    wcs: createDetectorWcs(survey.camera, detector, visit.commanded),
  };
}
