import type { Box } from "./box.ts";

/**
 * One amplifier. Boxes named `raw…` are in the coordinates of the amplifier's own raw segment as stored in the file
 * (first stored pixel = (0, 0)); `bbox` is where its imaging pixels land on the assembled detector.
 */
export interface Amplifier {
  readonly name: string;
  readonly bbox: Box;
  readonly rawBox: Box;
  readonly rawDataBox: Box;
  readonly rawPrescanBox: Box;
  readonly rawSerialOverscanBox: Box;
  readonly rawParallelOverscanBox: Box;
  /** True when the raw segment's x (y) runs against the detector's x (y); data are flipped on assembly. */
  readonly flipX: boolean;
  readonly flipY: boolean;
  /** Electrons per ADU. */
  readonly gain: number;
  /** Electrons. */
  readonly readNoise: number;
  /** ADU above overscan at which pixels count as saturated. */
  readonly saturationAdu: number;
}

/** One detector of a camera. */
export interface Detector {
  readonly id: number;
  readonly name: string;
  readonly serial: string;
  readonly bbox: Box;
  readonly amplifiers: readonly Amplifier[];
  /** `crosstalk[i][j]`: fraction of amplifier j's signal that appears in amplifier i; empty when none. */
  readonly crosstalk: readonly (readonly number[])[];
  /** Focal-plane position of the detector's centre (mm), its rotation (degrees, counter-clockwise), pixel size (mm). */
  readonly centerXMm: number;
  readonly centerYMm: number;
  readonly rotationDeg: number;
  readonly pixelSizeMm: number;
}

/** A camera: its detectors and the optics that map the sky onto its focal plane. */
export interface Camera {
  readonly name: string;
  readonly detectors: readonly Detector[];
  /** Nominal arcsec per mm at the centre. */
  readonly plateScaleArcsecPerMm: number;
  /** Radial distortion: field angle (rad) θ = s·r·(1 + k1·r² + k2·r⁴ …), r in mm, s the plate scale in rad/mm. */
  readonly distortion: readonly number[];
}
