import type { PixelUnit } from "@almagest/images";
import type { SkyWcs } from "@almagest/sphere";
import type { AmplifierSections } from "../amplifier-sections.ts";
import type { HeaderCards } from "../header.ts";

/** What a file, or an image in it, is. */
export type FrameKind =
  | "bias"
  | "dark"
  | "flat"
  | "science"
  | "reduced"
  | "mask"
  | "weight"
  | "catalogue"
  | "unknown";

/** Planes that lie beside a reduced image: in other HDUs of its file, or in other files. */
export interface Companions {
  readonly mask?: PlaneSource;
  readonly weight?: PlaneSource;
  readonly variance?: PlaneSource;
}

/** Where a companion plane is; `sdss-spans` marks the span lists of fpM files. */
export interface PlaneSource {
  readonly path: string;
  readonly hdu: number;
  readonly format: "image" | "sdss-spans";
}

/** One image, or one file without an image, as its headers describe it. Times TAI; what is not known is absent. */
export interface FrameInfo {
  readonly path: string;
  readonly kind: FrameKind;
  /** HDU of the image; of the first amplifier where each has its own. −1 for files without an image. */
  readonly hdu: number;
  /** What could not be told, or was guessed, in plain words. */
  readonly notes: readonly string[];
  /** Primary and image header merged. */
  readonly header: HeaderCards;
  readonly instrument: string;
  readonly telescope?: string;
  readonly detectorName: string;
  /** Size of the assembled image. */
  readonly width: number;
  readonly height: number;
  /** Amplifiers of a raw frame; empty for others. */
  readonly amplifiers: readonly AmplifierSections[];
  readonly crosstalk: readonly (readonly number[])[];
  readonly beginTaiNs?: bigint;
  readonly exposureSec: number;
  readonly darkSec: number;
  readonly object: string;
  readonly filter: { readonly physical: string; readonly band: string };
  readonly wcs?: SkyWcs;
  /** True when `wcs` was made from RA and DEC cards and a pixel scale, its orientation guessed. */
  readonly wcsIsGuess: boolean;
  readonly pixelScaleArcsec?: number;
  readonly raDeg?: number;
  readonly decDeg?: number;
  readonly airmass?: number;
  readonly unit: PixelUnit;
  /** Electrons per unit of the image, and the read noise in electrons. */
  readonly gain: number;
  readonly readNoise: number;
  /** True when the header tells no gain. */
  readonly gainIsGuess: boolean;
  readonly saturation?: number;
  /** Added to every pixel by the software that wrote the file. */
  readonly softBias: number;
  /** AB magnitude that gives one unit per exposure, where the header tells it. */
  readonly zeroPointMag?: number;
  readonly companions: Companions;
}
