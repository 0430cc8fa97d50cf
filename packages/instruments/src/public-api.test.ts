import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "./index.ts";

test("the public values are these", () => {
  assert.deepEqual(Object.keys(api).sort(), API);
});

const API: string[] = [
  "DEFAULT_SIMCAM_OPTIONS",
  "INSTRUMENTS",
  "INSTRUMENTS_ERRORS",
  "RAW_FORMATTER",
  "SIMCAM_BANDS",
  "SIMCAM_NAME",
  "createDetectorWcs",
  "createGenericInstrument",
  "createGenericInstruments",
  "createSimCam",
  "createSimCamCamera",
  "createVisitInfo",
  "detectInstrument",
  "exposureRecords",
  "findInstrumentKind",
  "getInstrumentKind",
  "headerCards",
  "inspectFrames",
  "instrumentRecords",
  "numberCard",
  "readFileHeaders",
  "readRawFrame",
  "readReducedFrame",
  "readSimCamRaw",
  "simCamObservationId",
  "simCamOptionsSchema",
  "textCard",
  "visitRecords",
  "writeSimCamRaw",
];
