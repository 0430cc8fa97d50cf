export type { Box } from "./box.ts";
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
