import { AlmagestError, borrowFloats, borrowWords, type Logger } from "@almagest/base";
import { type Box, type Exposure, MASK_PLANES, type RawExposure, setMaskBox } from "@almagest/images";
import { findCosmicRays } from "../cosmic-rays/find-cosmic-rays.ts";
import { BAD, CR, NO_DATA, SAT, SUSPECT, UNMASKEDNAN } from "../mask-bits.ts";
import { robustStatistics } from "../median.ts";
import { samplePixels } from "../sample-pixels.ts";
import { amplifierCards, readAmplifierCards } from "./amplifier-cards.ts";
import { measureAmplifierSteps, solveAmplifierOffsets } from "./amplifier-steps.ts";
import { coversWithoutOverlap } from "./covers-without-overlap.ts";
import type { Defects } from "./defects.ts";
import type { DetectorPlanes } from "./detector-rows.ts";
import { type FuseCorrections, fuseRows } from "./fuse-rows.ts";
import { growMask } from "./grow-mask.ts";
import { interpolatePixels } from "./interpolate-pixels.ts";
import type { IsrConfig } from "./isr-config.ts";
import { describeAmplifier, prepareAmplifier } from "./prepare-amplifier.ts";

/** What is used of a combined frame. */
export type CalibrationFrame = Pick<Exposure, "bbox" | "image" | "variance" | "metadata">;

/** The combined frames that belong to a raw exposure; each may be absent. */
export interface IsrCalibrations {
  /** Electrons. */
  readonly bias?: CalibrationFrame;
  /** Electrons per second of dark time. */
  readonly dark?: CalibrationFrame;
  /** Relative response, about 1. */
  readonly flat?: CalibrationFrame;
  readonly defects?: Defects;
}

/** What instrument signature removal gives: the image in electrons, and figures of its quality by name. */
export interface IsrResult {
  readonly exposure: Exposure;
  readonly metrics: Readonly<Record<string, number | string | boolean>>;
}

function checkedPlanes(name: string, frame: CalibrationFrame, bbox: Box) {
  const box = frame.bbox;
  if (box.width !== bbox.width || box.height !== bbox.height || box.x0 !== bbox.x0 || box.y0 !== bbox.y0) {
    throw new AlmagestError(
      "TASKS.CALIBRATION_SIZE",
      `The ${name} frame covers ${box.width}×${box.height} pixels at (${box.x0}, ${box.y0}) but the detector ${bbox.width}×${bbox.height} at (${bbox.x0}, ${bbox.y0}); give a ${name} frame of this detector, read out the same way.`,
      { fields: { name, frame: box, detector: bbox } },
    );
  }
  return { data: frame.image.data, variance: frame.variance.data };
}

function corrections(raw: RawExposure, calibrations: IsrCalibrations, config: IsrConfig): FuseCorrections {
  const { bias, dark, flat } = calibrations;
  const bbox = raw.detector.bbox;
  return {
    ...(bias && { bias: checkedPlanes("bias", bias, bbox) }),
    ...(dark && { dark: checkedPlanes("dark", dark, bbox) }),
    ...(flat && { flat: checkedPlanes("flat", flat, bbox) }),
    darkSec: raw.visitInfo.darkSec,
    minimumFlat: config.minimumFlat,
    crosstalk: config.doCrosstalk ? raw.detector.crosstalk : [],
    crosstalkMaskElectrons: config.crosstalkMaskElectrons,
    doVariance: config.doVariance,
    keepBits: (config.doSaturation ? 3 : 0) | 4 | 8,
    suspectFraction: config.doSuspect ? config.suspectFraction : 1,
  };
}

/** Measures the steps between amplifiers, and takes them out where the configuration asks for it. */
function checkAmplifiers(raw: RawExposure, planes: Exposure, config: IsrConfig): Record<string, number> {
  const boxes = raw.detector.amplifiers.map((a) => a.bbox);
  const steps = measureAmplifierSteps(planes, boxes, BAD | SAT | NO_DATA | UNMASKEDNAN);
  if (steps.length === 0) return {};
  if (config.doAmpOffset) {
    const offsets = solveAmplifierOffsets(steps, boxes.length);
    const { bbox, image } = planes;
    boxes.forEach((box, k) => {
      for (let y = box.y0; y < box.y0 + box.height; y++) {
        const row = (y - bbox.y0) * bbox.width - bbox.x0;
        for (let x = box.x0; x < box.x0 + box.width; x++) {
          image.data[row + x] = image.data[row + x]! + offsets[k]!;
        }
      }
    });
  }
  const worst = steps.reduce((a, b) => (Math.abs(b.step) > Math.abs(a.step) ? b : a));
  return { ampStepMaxElectrons: worst.step, ampStepMaxError: worst.error };
}

/** Counts the pixels that have each of the bits (below bit 12), by way of a histogram of the values. */
function countBits(mask: Uint32Array, bits: readonly number[]): number[] {
  const values = new Int32Array(mask.buffer, mask.byteOffset, mask.length);
  const histogram = new Uint32Array(4096);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== 0) histogram[value & 4095]!++;
  }
  return bits.map((bit) =>
    histogram.reduce((sum, count, value) => sum + ((value & bit) !== 0 ? count : 0), 0),
  );
}

/**
 * Instrument signature removal of one detector, in the order of lsst.ip.isr.IsrTaskLSST: overscan, saturation, gain,
 * crosstalk, assembly, bias, dark, flat and variance in one sweep (see fuse-rows.ts), then defects, cosmic rays,
 * interpolation and the check of the amplifiers against each other. Throws `TASKS.RAW_GEOMETRY` and
 * `TASKS.CALIBRATION_SIZE`.
 */
export function removeInstrumentSignature(
  raw: RawExposure,
  calibrations: IsrCalibrations,
  config: IsrConfig,
  log?: Logger,
): IsrResult {
  const bbox = raw.detector.bbox;
  const size = bbox.width * bbox.height;
  // What the combined bias says of the read noise stands in where neither camera nor overscan know it.
  const measured = calibrations.bias ? readAmplifierCards(calibrations.bias) : [];
  const amplifiers = raw.detector.amplifiers.map((a, i) =>
    prepareAmplifier(a, raw.amplifiers[i]!, config, measured.find(({ name }) => name === a.name)?.readNoise),
  );
  const planes: DetectorPlanes = {
    bbox,
    image: borrowFloats(size),
    variance: borrowFloats(size),
    mask: borrowWords(size),
    saturated: [],
  };
  const boxes = raw.detector.amplifiers.map((a) => a.bbox);
  if (!coversWithoutOverlap(boxes, bbox)) {
    // There may be pixels that no amplifier covers, and a borrowed plane holds what was there before.
    planes.image.fill(0);
    planes.variance.fill(0);
    planes.mask.fill(NO_DATA);
  }
  for (const name of ["bias", "dark", "flat", "defects"] as const) {
    const wanted = {
      bias: config.doBias,
      dark: config.doDark,
      flat: config.doFlat,
      defects: config.doDefect,
    };
    if (wanted[name] && calibrations[name] === undefined) log?.warn(`no ${name}: gone on without it`);
  }
  fuseRows(amplifiers, planes, corrections(raw, calibrations, config));

  const exposure: Exposure = {
    bbox,
    image: { bbox, data: planes.image },
    variance: { bbox, data: planes.variance },
    mask: { bbox, data: planes.mask, planes: MASK_PLANES },
    unit: "electron",
    visitInfo: raw.visitInfo,
    detector: { id: raw.detector.id, name: raw.detector.name },
    ...(raw.wcs && { wcs: raw.wcs }),
    ...(raw.filter && { filter: raw.filter }),
    metadata: { ...raw.metadata, ...amplifierCards(amplifiers.map(describeAmplifier)) },
  };
  const metrics: Record<string, number | string | boolean> = {};
  for (const { amplifier, overscan, gain, bad } of amplifiers) {
    if (overscan) {
      metrics[`overscanLevelAdu.${amplifier.name}`] = overscan.level;
      metrics[`readNoiseElectrons.${amplifier.name}`] = overscan.noise * gain;
    }
    if (bad) log?.warn(`amplifier ${amplifier.name} is too noisy and masked BAD`);
  }
  growMask(exposure.mask, planes.saturated, SAT, config.growSaturation);
  for (const box of calibrations.defects ?? []) setMaskBox(exposure.mask, box, BAD);
  if (config.doAmplifierCheck || config.doAmpOffset)
    Object.assign(metrics, checkAmplifiers(raw, exposure, config));
  if (config.doCosmicRay) {
    const rays = findCosmicRays(exposure, { ...config.cosmicRay, doInterpolate: false });
    metrics.cosmicRays = rays.rays.length;
    metrics.cosmicRayPixels = rays.pixels;
    metrics.cosmicRayPsfSigmaPixels = rays.psfSigmaPixels;
  }
  if (config.doInterpolate) interpolatePixels(exposure, BAD | SAT | CR | UNMASKEDNAN);
  const background = robustStatistics(samplePixels(exposure, BAD | SAT | CR | NO_DATA, 100_000));
  metrics.medianElectrons = background.median;
  metrics.sigmaElectrons = background.sigma;
  const [bad, saturated, suspect, noData, nan] = countBits(planes.mask, [
    BAD,
    SAT,
    SUSPECT,
    NO_DATA,
    UNMASKEDNAN,
  ]);
  Object.assign(metrics, { badPixels: bad, saturatedPixels: saturated, suspectPixels: suspect });
  Object.assign(metrics, { noDataPixels: noData, notFinitePixels: nan });
  return { exposure, metrics };
}
