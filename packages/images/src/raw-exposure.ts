import type { SkyWcs } from "@almagest/sphere";
import type { Detector } from "./camera.ts";
import type { VisitInfo } from "./exposure.ts";

/** The stored pixels of one amplifier, prescan and overscan included, row-major, `rawBox` in size. */
export interface RawAmplifier {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly data: Uint16Array | Int16Array | Int32Array | Float32Array;
}

/** One detector of one exposure as it came from the camera. `amplifiers` is parallel to `detector.amplifiers`. */
export interface RawExposure {
  readonly detector: Detector;
  readonly amplifiers: readonly RawAmplifier[];
  readonly visitInfo: VisitInfo;
  readonly filter?: { readonly band: string; readonly physical: string };
  /** The pointing model's guess, good to some arcsec, or absent for calibration frames. */
  readonly wcs?: SkyWcs;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}
