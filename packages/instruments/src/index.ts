/**
 * @module Instruments: cameras, header translation, raw readers, dimension records; known ones in `INSTRUMENTS`, any other
 * telescope's frames through `inspectFrames` and `createGenericInstrument`.
 */
export { createDetectorWcs, type Pointing } from "./camera-wcs.ts";
export {
  type DimensionBatch,
  exposureRecords,
  instrumentRecords,
  type Observation,
  visitRecords,
} from "./dimension-records.ts";
export { INSTRUMENTS_ERRORS } from "./errors.ts";
export { headerCards, readFileHeaders } from "./file-headers.ts";
export type { Companions, FrameInfo, FrameKind, PlaneSource } from "./generic/frame-info.ts";
export {
  createGenericInstrument,
  createGenericInstruments,
  type GenericInstrument,
  type PlacedFrame,
} from "./generic/generic-instrument.ts";
export { inspectFrames } from "./generic/inspect-frames.ts";
export { readRawFrame } from "./generic/read-raw-frame.ts";
export { readReducedFrame } from "./generic/read-reduced-frame.ts";
export { type HeaderCards, type HeaderValue, numberCard, textCard } from "./header.ts";
export type {
  Defect,
  FileHeaders,
  Instrument,
  InstrumentKind,
  PhysicalFilter,
  VisitSystem,
} from "./instrument.ts";
export { detectInstrument, findInstrumentKind, getInstrumentKind, INSTRUMENTS } from "./instruments.ts";
export type { ObservationInfo, ObservationType } from "./observation-info.ts";
export { RAW_FORMATTER } from "./raw-formatter.ts";
export { createSimCam } from "./simcam/simcam.ts";
export { createSimCamCamera, SIMCAM_NAME } from "./simcam/simcam-camera.ts";
export { type SimCamExposure, simCamObservationId } from "./simcam/simcam-header.ts";
export { DEFAULT_SIMCAM_OPTIONS, type SimCamOptions, simCamOptionsSchema } from "./simcam/simcam-options.ts";
export { readSimCamRaw, SIMCAM_BANDS, writeSimCamRaw } from "./simcam/simcam-raw.ts";
export { createVisitInfo } from "./visit-info.ts";
