/** @module Synthetic surveys with known truth, written as raw files of the synthetic camera (`SimCam`). */
export { SIMULATOR_ERRORS } from "./errors.ts";
export { BANDS, type Band, magToNanojansky, nanojanskyToMag } from "./optics/bands.ts";
export type { PlannedExposure, PlannedVisit } from "./plan/exposures.ts";
export {
  readSurveyManifest,
  type SimulateOptions,
  type SurveyManifest,
  simulateSurvey,
} from "./run/simulate-survey.ts";
export {
  createSurvey,
  expectedElectrons,
  rawExposureOf,
  type Survey,
  simulateDetector,
  visibleSources,
} from "./simulate-detector.ts";
export { createSurveyOptions, DEFAULT_SURVEY_OPTIONS, type SurveyOptions } from "./survey-options.ts";
