import type { Detector } from "@almagest/images";
import { type PsfShape, psfShapeAt, type VisitPsf } from "../optics/visit-psf.ts";
import type { SkyModel } from "../sky/sky-model.ts";
import { type Canvas, drawGaussian } from "./draw-gaussian.ts";
import { BULGE_PROFILE, DISC_PROFILE, type Mixture, SEEING_PROFILE } from "./profiles.ts";
import type { VisibleSources } from "./visible-sources.ts";

/** What rendering needs to know of the optics. */
export interface RenderOptics {
  readonly psf: VisitPsf;
  readonly pixelScaleArcsec: number;
  /** The camera's corner radius, the unit of field positions. */
  readonly radiusMm: number;
  /** Position angle of +y. */
  readonly rotatorDeg: number;
  readonly exposureSec: number;
}

/** Components of a profile with less than this share of the seeing's FWHM² as variance are drawn as one. */
const NARROW_SHARE = 0.04;
/** The same for galaxies of fewer electrons, whose shape is lost in the noise. */
const FAINT_NARROW_SHARE = 0.3;
const FAINT_ELECTRONS = 600;

/** Covariance of the seeing's unit component (σ = 1 FWHM): (xx, xy, yy) in pixels². */
function seeingCovariance(shape: PsfShape, pixelScaleArcsec: number): [number, number, number] {
  const fwhm = shape.fwhmArcsec / pixelScaleArcsec;
  // The ellipse's area stays that of the circle.
  const area = (fwhm * fwhm) / Math.sqrt(1 - shape.e1 ** 2 - shape.e2 ** 2);
  return [area * (1 + shape.e1), area * shape.e2, area * (1 - shape.e1)];
}

/** The PSF at a pixel of a detector. */
export function psfShapeOnDetector(optics: RenderOptics, detector: Detector, x: number, y: number): PsfShape {
  const { bbox, pixelSizeMm } = detector;
  const planeX = detector.centerXMm + (x - (bbox.width - 1) / 2) * pixelSizeMm;
  const planeY = detector.centerYMm + (y - (bbox.height - 1) / 2) * pixelSizeMm;
  return psfShapeAt(optics.psf, planeX / optics.radiusMm, planeY / optics.radiusMm);
}

/** Draws all sources in electrons on an ideal detector. */
export function renderSources(
  canvas: Canvas,
  sky: SkyModel,
  sources: VisibleSources,
  detector: Detector,
  optics: RenderOptics,
): void {
  const movers = new Map(sky.movers.map((mover) => [-mover.id, mover]));
  for (let i = 0; i < sources.count; i++) {
    const x = sources.x[i]!;
    const y = sources.y[i]!;
    const electrons = sources.electrons[i]!;
    const seeing = seeingCovariance(psfShapeOnDetector(optics, detector, x, y), optics.pixelScaleArcsec);
    const index = sources.index[i]!;
    if (index < 0) {
      const { rateArcsecPerHour, angleDeg } = movers.get(sources.id[i]!)!;
      const length = (rateArcsecPerHour * optics.exposureSec) / 3600 / optics.pixelScaleArcsec;
      drawTrail(canvas, x, y, electrons, seeing, length, angleDeg - optics.rotatorDeg);
      continue;
    }
    const radius = sky.objects.radiusArcsec[index]! / optics.pixelScaleArcsec;
    if (radius === 0) {
      drawSeeing(canvas, x, y, electrons, seeing, [0, 0, 0]);
      continue;
    }
    const shape = galaxyCovariance(
      radius,
      sky.objects.axisRatio[index]!,
      sky.objects.angleDeg[index]! - optics.rotatorDeg,
    );
    const bulge = sky.objects.bulgeShare[index]!;
    drawProfile(canvas, x, y, electrons * bulge, seeing, BULGE_PROFILE, shape);
    drawProfile(canvas, x, y, electrons * (1 - bulge), seeing, DISC_PROFILE, shape);
  }
}

type Covariance = readonly [xx: number, xy: number, yy: number];

/** Covariance of a profile's unit component; the angle is from +y towards −x, as east is to the left of north. */
function galaxyCovariance(radius: number, axisRatio: number, angleDeg: number): Covariance {
  const sine = -Math.sin((angleDeg * Math.PI) / 180);
  const cosine = Math.cos((angleDeg * Math.PI) / 180);
  const major = radius * radius;
  const minor = major * axisRatio * axisRatio;
  return [
    major * sine * sine + minor * cosine * cosine,
    (major - minor) * sine * cosine,
    major * cosine * cosine + minor * sine * sine,
  ];
}

function drawProfile(
  canvas: Canvas,
  x: number,
  y: number,
  electrons: number,
  seeing: Covariance,
  profile: Mixture,
  shape: Covariance,
): void {
  if (electrons <= 0) return;
  const hidden = electrons < FAINT_ELECTRONS ? FAINT_NARROW_SHARE : NARROW_SHARE;
  const narrow = (hidden * (seeing[0] + seeing[2])) / (shape[0] + shape[2]);
  let share = 0;
  let variance = 0;
  for (let k = 0; k < profile.sigma.length; k++) {
    const scale = profile.sigma[k]! ** 2;
    share += profile.share[k]!;
    variance += profile.share[k]! * scale;
    // The seeing hides what narrow components look like; only their flux and mean variance tell.
    if (scale < narrow && k < profile.sigma.length - 1 && profile.sigma[k + 1]! ** 2 < narrow) continue;
    const mean = variance / share;
    drawSeeing(canvas, x, y, electrons * share, seeing, [shape[0] * mean, shape[1] * mean, shape[2] * mean]);
    share = 0;
    variance = 0;
  }
}

/** Draws the seeing profile widened by a covariance. */
function drawSeeing(
  canvas: Canvas,
  x: number,
  y: number,
  electrons: number,
  seeing: Covariance,
  wider: Covariance,
): void {
  for (let k = 0; k < SEEING_PROFILE.sigma.length; k++) {
    const scale = SEEING_PROFILE.sigma[k]! ** 2;
    const xx = seeing[0] * scale + wider[0];
    const xy = seeing[1] * scale + wider[1];
    const yy = seeing[2] * scale + wider[2];
    drawGaussian(canvas, x, y, electrons * SEEING_PROFILE.share[k]!, xx, xy, yy);
  }
}

/** A moving source: points along its path, at most half a pixel apart. */
function drawTrail(
  canvas: Canvas,
  x: number,
  y: number,
  electrons: number,
  seeing: Covariance,
  length: number,
  angleDeg: number,
): void {
  const count = Math.max(1, Math.ceil(length * 2));
  const dx = -Math.sin((angleDeg * Math.PI) / 180) * length;
  const dy = Math.cos((angleDeg * Math.PI) / 180) * length;
  for (let k = 0; k < count; k++) {
    const along = (k + 0.5) / count - 0.5;
    drawSeeing(canvas, x + along * dx, y + along * dy, electrons / count, seeing, [0, 0, 0]);
  }
}
