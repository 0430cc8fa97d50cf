import type { SkyWcs } from "@almagest/sphere";
import type { Box } from "./box.ts";
import type { Psf } from "./psf.ts";

/** One plane of pixels: 32-bit floats, row-major, `data[(y - bbox.y0) * bbox.width + (x - bbox.x0)]`. */
export interface Image {
  readonly bbox: Box;
  readonly data: Float32Array;
}

/** One plane of bit masks; bit numbers by plane name are in `planes` (see mask-planes.ts for the standard ones). */
export interface Mask {
  readonly bbox: Box;
  readonly data: Uint32Array;
  readonly planes: ReadonlyMap<string, number>;
}

/** Image, mask and variance of the same box. Variance has the image's unit squared. */
export interface MaskedImage {
  readonly bbox: Box;
  readonly image: Image;
  readonly mask: Mask;
  readonly variance: Image;
}

/** The flux scale: nJy = value × `nanojanskyPerUnit` (AB magnitude = 31.4 − 2.5 log10 nJy). */
export interface PhotoCalib {
  readonly nanojanskyPerUnit: number;
  readonly error: number;
}

/** Facts of the observation, from the header. Times are TAI. */
export interface VisitInfo {
  readonly instrument: string;
  readonly exposureId: number;
  readonly visitId?: number;
  /** Middle of the exposure, TAI nanoseconds since 1970-01-01 TAI. */
  readonly midpointTaiNs: bigint;
  readonly exposureSec: number;
  readonly darkSec: number;
  readonly boresightRaDeg: number;
  readonly boresightDecDeg: number;
  /** Position angle of the detectors' +y axis, east of north, degrees. */
  readonly rotatorDeg: number;
  readonly airmass: number;
  readonly observationType: string;
  readonly object: string;
}

/** Multiplies a flux of the named algorithm so that it counts all light: c(x, y) is a Chebyshev series on `bbox`. */
export interface ApertureCorrection {
  readonly bbox: Box;
  /** Flux column → coefficients `[j][i]` of T_i(x′)·T_j(y′), with x′, y′ the box scaled to [−1, 1]. */
  readonly coefficients: ReadonlyMap<string, readonly (readonly number[])[]>;
}

/** Unit of the image plane. */
export type PixelUnit = "adu" | "electron" | "nJy";

/** A calibrated (or raw) image with all that is known of it. */
export interface Exposure extends MaskedImage {
  readonly unit: PixelUnit;
  readonly psf?: Psf;
  readonly wcs?: SkyWcs;
  readonly photoCalib?: PhotoCalib;
  readonly apertureCorrection?: ApertureCorrection;
  readonly visitInfo?: VisitInfo;
  readonly filter?: { readonly band: string; readonly physical: string };
  readonly detector?: { readonly id: number; readonly name: string };
  /** The full polygon of good pixels when smaller than the box, parent pixel coordinates. */
  readonly validPolygon?: ReadonlyArray<readonly [x: number, y: number]>;
  /** Everything else, as header cards. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}
