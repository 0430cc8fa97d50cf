/**
 * @module Images: pixels with mask and variance, point-spread functions, backgrounds, calibrations, and their files.
 */
export {
  addBackground,
  appendBackground,
  type BackgroundLayer,
  type BackgroundModel,
  type ChebyshevBackground,
  evaluateBackground,
  type MeshBackground,
  subtractBackground,
} from "./background/background-model.ts";
export {
  type BackgroundEstimate,
  type BackgroundOptions,
  estimateBackground,
  fillMesh,
} from "./background/estimate-background.ts";
export { fitChebyshev, type SurfaceSamples } from "./background/fit-chebyshev.ts";
export type { Box } from "./box.ts";
export {
  boxArea,
  boxContainsBox,
  boxContainsPoint,
  boxCorners,
  boxesEqual,
  createBox,
  growBox,
  intersectBoxes,
  isEmptyBox,
  shiftBox,
  unionBoxes,
} from "./box-algebra.ts";
export { apertureCorrectionAt } from "./calibration/aperture-correction.ts";
export { chebyshevTerms, evaluateChebyshev, scaleToBox } from "./calibration/chebyshev.ts";
export {
  abMagFromNanojansky,
  calibrateFlux,
  magErrorFromFlux,
  nanojanskyFromAbMag,
  photoCalibFromZeroPoint,
  zeroPointMag,
} from "./calibration/photo-calib.ts";
export type { Amplifier, Camera, Detector } from "./camera.ts";
export { IMAGES_ERRORS } from "./errors.ts";
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
export { readBackground, writeBackground } from "./files/background-file.ts";
export { readCamera, readDefects, writeCamera, writeDefects } from "./files/camera-file.ts";
export {
  EXPOSURE_COMPONENTS,
  type ExposureComponent,
  type ExposureComponents,
  type ReadExposureOptions,
  readExposure,
  readExposureComponent,
  readExposureComponents,
} from "./files/read-exposure.ts";
export { exposureHdus, type WriteExposureOptions, writeExposure } from "./files/write-exposure.ts";
export {
  createImage,
  createMask,
  createMaskedImage,
  type PlaneOptions,
} from "./planes/create-planes.ts";
export {
  cutExposure,
  cutImage,
  cutMask,
  cutMaskedImage,
  pasteImage,
  pasteMaskedImage,
} from "./planes/cutout.ts";
export { clearMaskBits, countMaskBits, growMaskBits, setMaskBox, setMaskSpans } from "./planes/mask-bits.ts";
export { MASK_PLANES, maskBits, maskPlaneNames, withMaskPlane } from "./planes/mask-planes.ts";
export { maskedStatistics, selectPixels } from "./planes/masked-statistics.ts";
export { polygonContains } from "./polygon.ts";
export { type AdaptiveMoments, adaptiveMoments } from "./psf/adaptive-moments.ts";
export {
  type CoaddPsf,
  type CoaddPsfComponent,
  type CoaddPsfOptions,
  createCoaddPsf,
} from "./psf/coadd-psf.ts";
export { createDoubleGaussianPsf, createGaussianPsf, type GaussianPsf } from "./psf/gaussian-psf.ts";
export { type LocalAffine, localAffine } from "./psf/local-affine.ts";
export {
  createPixelGridPsf,
  type PixelGridPsf,
  type PixelGridPsfParts,
  polynomialTerms,
} from "./psf/pixel-grid-psf.ts";
export { normaliseStamp, shiftStamp } from "./psf/shift-stamp.ts";
export type { Psf, PsfStamp } from "./psf.ts";
export type { RawAmplifier, RawExposure } from "./raw-exposure.ts";
