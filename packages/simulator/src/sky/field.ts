import type { Random } from "@almagest/base";
import { createSimCamCamera } from "@almagest/instruments";
import { offsetPosition } from "@almagest/sphere";
import type { SurveyOptions } from "../survey-options.ts";

/** The circle of sky that some visit may see. */
export interface Field {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly radiusArcsec: number;
  readonly areaArcmin2: number;
}

/** Distance of the camera's farthest pixel from its centre, mm. */
export function cameraRadiusMm(options: SurveyOptions): number {
  const camera = createSimCamCamera(options.camera);
  return Math.max(
    ...camera.detectors.map((detector) =>
      Math.hypot(
        Math.abs(detector.centerXMm) + (detector.bbox.width * detector.pixelSizeMm) / 2,
        Math.abs(detector.centerYMm) + (detector.bbox.height * detector.pixelSizeMm) / 2,
      ),
    ),
  );
}

/** The field of a survey: the camera's circle, the dithers, and room for sources that reach in from outside. */
export function createField(options: SurveyOptions): Field {
  const pixelsPerMm = 100;
  const camera = cameraRadiusMm(options) * pixelsPerMm * options.camera.pixelScaleArcsec;
  const radiusArcsec =
    camera * (1 + Math.abs(options.camera.distortion)) +
    options.ditherArcsec +
    5 * options.pointingErrorArcsec +
    10;
  return {
    raDeg: options.raDeg,
    decDeg: options.decDeg,
    radiusArcsec,
    areaArcmin2: (Math.PI * radiusArcsec ** 2) / 3600,
  };
}

/** A place drawn evenly from the field. */
export function drawPosition(field: Field, random: Random): { raDeg: number; decDeg: number } {
  const distance = field.radiusArcsec * Math.sqrt(random.uniform());
  return offsetPosition(field.raDeg, field.decDeg, 360 * random.uniform(), distance);
}
