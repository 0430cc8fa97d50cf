export type { Box } from "./box.ts";
export type { Amplifier, Camera, Detector } from "./camera.ts";
export type {
  ApertureCorrection,
  Exposure,
  Image,
  Mask,
  MaskedImage,
  PhotoCalib,
  PixelUnit,
  VisitInfo,
} from "./exposure.ts";
export type { Psf, PsfStamp } from "./psf.ts";
export type { RawAmplifier, RawExposure } from "./raw-exposure.ts";
