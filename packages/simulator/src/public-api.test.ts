import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "./index.ts";

test("the public values are these", () => {
  assert.deepEqual(Object.keys(api).sort(), API);
});

const API: string[] = [
  "BANDS",
  "DEFAULT_SURVEY_OPTIONS",
  "SIMULATOR_ERRORS",
  "createSurvey",
  "createSurveyOptions",
  "expectedElectrons",
  "magToNanojansky",
  "nanojanskyToMag",
  "rawExposureOf",
  "readSurveyManifest",
  "simulateDetector",
  "simulateSurvey",
  "visibleSources",
];
