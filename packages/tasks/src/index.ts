/** @module The science: one folder per step, each with a task (its configuration, connections, run) and its pure algorithms. */
export {
  type AstrometryConfig,
  type AstrometryGuess,
  type AstrometryReference,
  type AstrometrySolution,
  type AstrometrySources,
  fitAstrometry,
} from "./astrometry/fit-astrometry.ts";
export {
  type BackgroundConfig,
  createBackgroundModel,
  DEFAULT_BACKGROUND,
  estimateBackground,
  estimateSkyMesh,
} from "./background/estimate-background.ts";
export type { SkyMesh } from "./background/sky-mesh.ts";
export { type CalibratedImage, calibrateImage } from "./calibrate-image/calibrate-image.ts";
export { type CalibrateImageConfig, calibrateImageConfig } from "./calibrate-image/calibrate-image-config.ts";
export { calibrateImageTask } from "./calibrate-image/calibrate-image-task.ts";
export { brightSources } from "./calibrate-image/solve-positions.ts";
export { biasCombineTask } from "./calibration-frames/bias-combine-task.ts";
export { combineBiases } from "./calibration-frames/combine-biases.ts";
export {
  type CombineConfig,
  combineConfig,
  type DefectConfig,
  darkCombineConfig,
  defectConfig,
  flatCombineConfig,
} from "./calibration-frames/combine-config.ts";
export { combineDarks } from "./calibration-frames/combine-darks.ts";
export { combineFlats } from "./calibration-frames/combine-flats.ts";
export type { Combined } from "./calibration-frames/combined.ts";
export { darkCombineTask } from "./calibration-frames/dark-combine-task.ts";
export { defectsTask } from "./calibration-frames/defects-task.ts";
export { findDefects } from "./calibration-frames/find-defects.ts";
export { flatCombineTask } from "./calibration-frames/flat-combine-task.ts";
export { measureGainRatio, measureReadNoise } from "./calibration-frames/photon-transfer.ts";
export { type AssembledCoadd, assembleCoadd } from "./coadd/assemble-coadd.ts";
export { type CoaddConfig, coaddConfig } from "./coadd/coadd-config.ts";
export { deepCoaddTask } from "./coadd/deep-coadd-task.ts";
export { type CosmicRayConfig, cosmicRayConfig } from "./cosmic-rays/cosmic-ray-config.ts";
export { type CosmicRay, type CosmicRays, findCosmicRays } from "./cosmic-rays/find-cosmic-rays.ts";
export {
  DEFAULT_DETECTION,
  type DetectionConfig,
  detectSources,
  markFootprints,
} from "./detection/detect-sources.ts";
export { type Detections, type Footprints, footprintArea } from "./detection/detections.ts";
export { TASKS_ERRORS } from "./errors.ts";
export { type AmplifierRecord, amplifierCards, readAmplifierCards } from "./isr/amplifier-cards.ts";
export type { Defects } from "./isr/defects.ts";
export { type IsrConfig, isrConfig } from "./isr/isr-config.ts";
export { isrTask } from "./isr/isr-task.ts";
export {
  type IsrCalibrations,
  type IsrResult,
  removeInstrumentSignature,
} from "./isr/remove-instrument-signature.ts";
export {
  type ApertureCorrectionConfig,
  applyApertureCorrection,
  DEFAULT_APERTURE_CORRECTION,
  fitApertureCorrection,
} from "./measurement/fit-aperture-correction.ts";
export {
  DEFAULT_FORCED,
  type ForcedConfig,
  forcedMeasure,
  type PixelPositions,
} from "./measurement/forced-measure.ts";
export { measureSources } from "./measurement/measure-sources.ts";
export { DEFAULT_MEASUREMENT, type MeasurementConfig } from "./measurement/measurement-config.ts";
export { apertureColumn } from "./measurement/source-columns.ts";
export { createMemoryHandle } from "./memory-handle.ts";
export { coaddSourcesTask } from "./objects/coadd-sources-task.ts";
export { forcedObjectsTask } from "./objects/forced-objects-task.ts";
export { mergeObjectsTask } from "./objects/merge-objects-task.ts";
export { objectTableTask } from "./objects/object-table-task.ts";
export {
  type FluxPairs,
  fitZeroPoint,
  nanojanskyPerUnit,
  type ZeroPoint,
} from "./photometry/fit-zero-point.ts";
export { DEFAULT_PSF, fitPsf, type PsfConfig, type PsfFit } from "./psf-model/fit-psf.ts";
export type { PsfResiduals } from "./psf-model/psf-residuals.ts";
export {
  DEFAULT_STAR_SELECTION,
  type PsfStarSelection,
  type StarSelectionConfig,
  selectPsfStars,
} from "./psf-model/select-psf-stars.ts";
export { readPositions, readReference } from "./reference-catalog/read-reference.ts";
export type { ReferenceObjects } from "./reference-catalog/reference-objects.ts";
export { visitSummaryTask } from "./visit-summary/visit-summary-task.ts";
export { directWarpTask } from "./warp/direct-warp-task.ts";
export { type DirectWarp, makeDirectWarp } from "./warp/make-direct-warp.ts";
export { type DirectWarpConfig, directWarpConfig, type WarpConfig, warpConfig } from "./warp/warp-config.ts";
export { warpExposure } from "./warp/warp-exposure.ts";
export { WARP_DIMENSIONS, warpConnections, warpVisit } from "./warp/warp-visit.ts";
