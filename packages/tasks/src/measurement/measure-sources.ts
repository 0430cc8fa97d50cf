import { returnBuffer } from "@almagest/base";
import type { MaskedImage, Psf } from "@almagest/images";
import type { Table } from "@almagest/tables";
import { applyChild, type Children, countSiblings } from "../deblend/children.ts";
import { deblendFootprints } from "../deblend/deblend-footprints.ts";
import type { Detections } from "../detection/detections.ts";
import { bitsOf } from "../mask-bits.ts";
import { type Moments, measureMoments } from "./adaptive-moments.ts";
import { type Centroid, measureCentroid } from "./centroid.ts";
import { createApertureSummer } from "./circular-apertures.ts";
import { fitPsfGroup } from "./fit-psf-group.ts";
import { type KronFlux, measureKron } from "./kron-flux.ts";
import { linkGroups } from "./link-groups.ts";
import { measureLocalBackground } from "./local-background.ts";
import { DEFAULT_MEASUREMENT, type MeasurementConfig } from "./measurement-config.ts";
import { footprintBits, PIXEL_FLAGS, squareBits } from "./pixel-flags.ts";
import { type PsfSums, sumPsf } from "./psf-flux.ts";
import { createPsfStamps, type PsfStamps } from "./psf-stamps.ts";
import {
  apertureColumn,
  createSourceColumns,
  planSourceColumns,
  type SourceColumns,
} from "./source-columns.ts";
import { createWorkPlanes, type WorkPlanes } from "./work-planes.ts";

interface Context {
  readonly masked: MaskedImage;
  readonly planes: WorkPlanes;
  readonly stamps: PsfStamps;
  readonly detections: Detections;
  readonly children: Children;
  readonly config: MeasurementConfig;
  readonly badBits: number;
  /** Factor on every error for noise that is correlated or understated. */
  readonly errorScale: number;
}

/**
 * Measures every detection on a background-subtracted image: centroid, adaptive moments, PSF, circular and Kron fluxes,
 * size, local sky and pixel flags, each with the light of all other detections taken away. Blended point sources have their
 * PSF fluxes (and, where bright, positions) fitted together. Positions are parent pixels, fluxes in the image's unit.
 */
export function measureSources(
  masked: MaskedImage,
  psf: Psf,
  detections: Detections,
  config: Partial<MeasurementConfig> = {},
): Table {
  const c = { ...DEFAULT_MEASUREMENT, ...config };
  const planes = createWorkPlanes(masked, c.finite);
  const children = deblendFootprints(planes.image, masked.bbox, detections);
  for (let k = 0; k < detections.count; k++) applyChild(planes.image, children, k, -1);
  const errorScale = c.rescaleErrors ? detections.noiseScale : 1;
  const context: Context = {
    masked,
    planes,
    stamps: createPsfStamps(psf),
    detections,
    children,
    config: c,
    badBits: bitsOf(c.badPlanes, masked.mask.planes),
    errorScale,
  };
  const columns = createSourceColumns(detections.count, planSourceColumns(c.apertureRadii, c.fluxUnit), {
    noiseScale: String(detections.noiseScale),
  });
  measureAlone(context, columns);
  if (c.fitBlends) fitBlends(context, columns);
  const fluxErr = columns.float("psfFluxErr");
  for (let k = 0; k < detections.count; k++) fluxErr[k]! *= errorScale;
  finish(context, columns);
  returnBuffer(planes.image.buffer);
  return columns.table();
}

/** Everything that is measured source by source. */
function measureAlone(context: Context, columns: SourceColumns): void {
  const { planes, stamps, detections, children, config, badBits, masked } = context;
  const { x0, y0 } = masked.bbox;
  const x = columns.float("x");
  const y = columns.float("y");
  const xErr = columns.float("xErr");
  const yErr = columns.float("yErr");
  const centroidFlag = columns.flag("centroid_flag");
  const ixx = columns.float("ixx");
  const iyy = columns.float("iyy");
  const ixy = columns.float("ixy");
  const ixxPsf = columns.float("ixxPSF");
  const iyyPsf = columns.float("iyyPSF");
  const ixyPsf = columns.float("ixyPSF");
  const shapeFlag = columns.flag("shape_flag");
  const psfFlux = columns.float("psfFlux");
  const psfFluxErr = columns.float("psfFluxErr");
  const psfFlag = columns.flag("psfFlux_flag");
  const kronFlux = columns.float("kronFlux");
  const kronFluxErr = columns.float("kronFluxErr");
  const kronRad = columns.float("kronRad");
  const kronFlag = columns.flag("kronFlux_flag");
  const sizeExcess = columns.float("sizeExcess");
  const sizeExcessErr = columns.float("sizeExcessErr");
  const localBackground = columns.float("localBackground");
  const localBackgroundErr = columns.float("localBackgroundErr");
  const radii = config.apertureRadii;
  const summer = createApertureSummer(radii);
  const apertureFlux = radii.map((r) => columns.float(apertureColumn(r)));
  const apertureErr = radii.map((r) => columns.float(`${apertureColumn(r)}Err`));
  const apertureFlag = radii.map((r) => columns.flag(`${apertureColumn(r)}_flag`));
  const sums = new Float64Array(radii.length);
  const variances = new Float64Array(radii.length);
  const centroid: Centroid = { x: 0, y: 0, varX: 0, varY: 0, failed: false };
  const moments: Moments = { xx: 0, yy: 0, xy: 0, flux: 0, failed: false };
  const kron: KronFlux = { flux: 0, variance: 0, radius: 0, failed: false };
  const fit: PsfSums = {
    phiData: 0,
    phiPhi: 0,
    phiPhiVariance: 0,
    flux: 0,
    variance: 0,
    usable: 0,
    sizeExcess: 0,
    sizeExcessVariance: 0,
  };
  for (let k = 0; k < detections.count; k++) {
    applyChild(planes.image, children, k, 1);
    const peakX = detections.x[k]!;
    const peakY = detections.y[k]!;
    const sigma = stamps.sigmaAt(peakX, peakY) || config.fallbackSigma;
    // A hundredth of the expected error is near enough.
    const tolerance = Math.max(2e-4, Math.min(0.01, (0.01 * sigma) / detections.significance[k]!));
    measureCentroid(planes, peakX - x0, peakY - y0, sigma, config.maximumShift * sigma, tolerance, centroid);
    const cx = centroid.x;
    const cy = centroid.y;
    x[k] = cx + x0;
    y[k] = cy + y0;
    centroidFlag[k] = centroid.failed ? 1 : 0;
    const psfMoments = stamps.momentsAt(x[k]!, y[k]!);
    ixxPsf[k] = psfMoments.xx;
    iyyPsf[k] = psfMoments.yy;
    ixyPsf[k] = psfMoments.xy;
    measureMoments(
      planes.image,
      planes.width,
      planes.height,
      cx,
      cy,
      sigma * sigma,
      config.maximumSize * config.maximumSize,
      Math.max(3e-4, 0.01 / detections.significance[k]!),
      moments,
    );
    if (moments.failed) {
      shapeFlag[k] = 1;
      moments.xx = psfMoments.failed ? sigma * sigma : psfMoments.xx;
      moments.yy = psfMoments.failed ? sigma * sigma : psfMoments.yy;
      moments.xy = psfMoments.failed ? 0 : psfMoments.xy;
    }
    ixx[k] = moments.xx;
    iyy[k] = moments.yy;
    ixy[k] = moments.xy;
    // The window answers a shift of the source by σw²/(σw² + σs²): errors of the mean grow by the inverse.
    xErr[k] = context.errorScale * (1 + moments.xx / (sigma * sigma)) * Math.sqrt(centroid.varX);
    yErr[k] = context.errorScale * (1 + moments.yy / (sigma * sigma)) * Math.sqrt(centroid.varY);
    const stamp = stamps.glanceAt(x[k]!, y[k]!);
    if (stamp) {
      sumPsf(planes, badBits, stamp, Math.round(cx), Math.round(cy), true, fit);
      psfFlux[k] = fit.flux;
      psfFluxErr[k] = Math.sqrt(fit.variance);
      psfFlag[k] = fit.usable < 0.5 ? 1 : 0;
      sizeExcess[k] = fit.sizeExcess;
      sizeExcessErr[k] = context.errorScale * Math.sqrt(fit.sizeExcessVariance);
    } else psfFlag[k] = 1;
    summer.sum(planes, cx, cy, sums, variances, 0);
    for (let r = 0; r < radii.length; r++) {
      const radius = radii[r]!;
      apertureFlux[r]![k] = sums[r]!;
      apertureErr[r]![k] = context.errorScale * Math.sqrt(variances[r]!);
      apertureFlag[r]![k] =
        cx - radius < -0.5 ||
        cy - radius < -0.5 ||
        cx + radius > planes.width - 0.5 ||
        cy + radius > planes.height - 0.5
          ? 1
          : 0;
    }
    if (config.kron) {
      measureKron(
        planes,
        cx,
        cy,
        moments.xx,
        moments.xy,
        moments.yy,
        config.kronFactor,
        config.kronMinimum,
        kron,
      );
      kronFlux[k] = kron.flux;
      kronFluxErr[k] = context.errorScale * Math.sqrt(kron.variance);
      kronRad[k] = kron.radius;
      kronFlag[k] = kron.failed ? 1 : 0;
    }
    if (config.localBackground) {
      const sky = measureLocalBackground(planes, badBits, cx, cy, 7 * sigma, 15 * sigma);
      localBackground[k] = sky.level;
      localBackgroundErr[k] = sky.error;
    }
    applyChild(planes.image, children, k, -1);
  }
}

/** Fits point sources that stand close together at once, each group on the image without everything else. */
function fitBlends(context: Context, columns: SourceColumns): void {
  const { planes, stamps, detections, children, config, masked } = context;
  const { x0, y0 } = masked.bbox;
  const count = detections.count;
  const x = columns.float("x");
  const y = columns.float("y");
  const flux = columns.float("psfFlux");
  const fluxErr = columns.float("psfFluxErr");
  const excess = columns.float("sizeExcess");
  const excessErr = columns.float("sizeExcessErr");
  const use = new Uint8Array(count);
  let widest = 0;
  for (let k = 0; k < count; k++) {
    const sigma = stamps.sigmaAt(x[k]!, y[k]!);
    if (!(sigma > 0) || !(fluxErr[k]! > 0)) continue;
    widest = Math.max(widest, sigma);
    const limit = Math.max(config.blendSizeExcess * sigma * sigma, 4 * excessErr[k]!);
    use[k] = excess[k]! < limit ? 1 : 0;
  }
  if (widest > 0) {
    const groups = linkGroups(x, y, config.linkSigma * widest, use, {
      familyOf: detections.footprint,
      distance: config.siblingSigma * widest,
    });
    const work = {
      x: x.map((v) => v - x0),
      y: y.map((v) => v - y0),
      flux,
      fluxErr,
      xErr: columns.float("xErr"),
      yErr: columns.float("yErr"),
    };
    for (let g = 0; g < groups.count; g++) {
      const members = groups.members.subarray(groups.starts[g]!, groups.starts[g + 1]!);
      if (members.length < 2) continue;
      for (const k of members) applyChild(planes.image, children, k, 1);
      for (const k of members) {
        const stamp = stamps.glanceAt(x[k]!, y[k]!)!;
        const phiPhi = stamp.data.reduce((s, v) => s + v * v, 0);
        // Σφ²V/Σφ² from the lone fit's variance.
        fluxErr[k] = fluxErr[k]! ** 2 * phiPhi;
      }
      fitPsfGroup(planes, stamps, members, work, {
        badBits: context.badBits,
        x0,
        y0,
        positionRounds: config.positionRounds,
        positionSnr: config.positionSnr,
      });
      for (const k of members) {
        x[k] = work.x[k]! + x0;
        y[k] = work.y[k]! + y0;
        applyChild(planes.image, children, k, -1);
      }
    }
  }
}

/** Flags, classification and identity columns. */
function finish(context: Context, columns: SourceColumns): void {
  const { detections, children, masked, config, stamps } = context;
  const x = columns.float("x");
  const y = columns.float("y");
  const siblings = countSiblings(detections);
  columns.int("deblend_nPeaks").set(siblings);
  columns.int("footprint").set(detections.footprint);
  columns.float("peakSignificance").set(detections.significance);
  columns.flag("deblend_skipped").set(children.undeblended);
  const index = columns.int("sourceIndex");
  const excess = columns.float("sizeExcess");
  const excessErr = columns.float("sizeExcessErr");
  const extendedness = columns.float("extendedness");
  const flags = PIXEL_FLAGS.map(([name, plane, center]) => ({
    data: columns.flag(name),
    bits: bitsOf([plane], masked.mask.planes),
    center,
  }));
  for (let k = 0; k < detections.count; k++) {
    index[k] = k;
    const inside = footprintBits(masked.mask, detections.segments, k);
    const central = squareBits(masked.mask, x[k]!, y[k]!, 1);
    for (const { data, bits, center } of flags) data[k] = ((center ? central : inside) & bits) !== 0 ? 1 : 0;
    const sigma = stamps.sigmaAt(x[k]!, y[k]!);
    const limit = Math.max(config.extendedSize * sigma * sigma, config.extendedSigma * excessErr[k]!);
    if (Number.isFinite(excess[k]!)) extendedness[k] = excess[k]! > limit ? 1 : 0;
  }
}
