import type { Camera, Detector } from "@almagest/images";
import { createSimCamAmplifiers, createSimCamCrosstalk, simCamDetectorRandom } from "./simcam-amplifiers.ts";
import type { SimCamOptions } from "./simcam-options.ts";

/** Name of the synthetic instrument, in headers and repositories. */
export const SIMCAM_NAME = "SimCam";

const PIXEL_SIZE_MM = 0.01;

/** The camera that the options describe; detectors row by row from the lower left. */
export function createSimCamCamera(options: SimCamOptions): Camera {
  const { columns, rows, width, height, gapPixels } = options;
  const pitchX = (width + gapPixels) * PIXEL_SIZE_MM;
  const pitchY = (height + gapPixels) * PIXEL_SIZE_MM;
  const detectors: Detector[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const id = row * columns + column;
      const random = simCamDetectorRandom(options, id);
      detectors.push({
        id,
        name: simCamDetectorName(options, id),
        serial: `SIM-${String(options.seed).padStart(3, "0")}-${String(id).padStart(3, "0")}`,
        bbox: { x0: 0, y0: 0, width, height },
        amplifiers: createSimCamAmplifiers(options, random.fork("amplifiers")),
        crosstalk: createSimCamCrosstalk(random.fork("crosstalk")),
        centerXMm: (column - (columns - 1) / 2) * pitchX,
        centerYMm: (row - (rows - 1) / 2) * pitchY,
        rotationDeg: 0,
        pixelSizeMm: PIXEL_SIZE_MM,
      });
    }
  }
  const cornerMm = Math.hypot((columns * pitchX) / 2, (rows * pitchY) / 2);
  return {
    name: SIMCAM_NAME,
    detectors,
    plateScaleArcsecPerMm: options.pixelScaleArcsec / PIXEL_SIZE_MM,
    distortion: options.distortion === 0 ? [] : [options.distortion / cornerMm ** 2],
  };
}

/** Raft and sensor names in LSST's manner: `R00_S01`, with two digits each in grids larger than 10. */
export function simCamDetectorName(options: SimCamOptions, id: number): string {
  const digits = Math.max(options.columns, options.rows) > 10 ? 2 : 1;
  const row = String(Math.floor(id / options.columns)).padStart(digits, "0");
  const column = String(id % options.columns).padStart(digits, "0");
  return `R00_S${row}${column}`;
}
