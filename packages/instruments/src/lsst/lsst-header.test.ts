import assert from "node:assert/strict";
import { test } from "node:test";
import { isoToTaiNs } from "@almagest/sphere";
import type { HeaderValue } from "../header.ts";
import { findInstrumentKind } from "../instruments.ts";
import { LSSTCAM_DETECTORS } from "./lsst-focal-plane.ts";
import { lsstExposureId } from "./lsst-header.ts";

/** The cards of an LSSTComCam exposure of 2024 that translation uses. */
const COMCAM: Record<string, HeaderValue> = {
  IMGTYPE: "OBJECT",
  OBSID: "CC_O_20241108_000266",
  "DATE-BEG": "2024-11-09T06:34:41.323",
  "DATE-END": "2024-11-09T06:35:11.754",
  TIMESYS: "TAI",
  GROUPID: "2024-11-09T06:33:55.311",
  INSTRUME: "ComCam",
  TELESCOP: "Simonyi Survey Telescope",
  RA: 53.12550000000002,
  DEC: -28.1,
  ROTPA: 102.79926387330579,
  ROTCOORD: "sky",
  ELSTART: 69.7265612661672,
  AZSTART: -89.1371499002191,
  AMSTART: 1.0659132785610415,
  OBJECT: "slew_icrs",
  CONTRLLR: "O",
  DAYOBS: "20241108",
  SEQNUM: 266,
  PROGRAM: "PP-SURVEY",
  REASON: "science",
  CCDSLOT: "S00",
  RAFTBAY: "R22",
  LSST_NUM: "ITL-3800C-229",
  FILTER: "g_01",
  EXPTIME: 30,
  DARKTIME: 30.4306,
  AIRTEMP: 13.725,
  PRESSURE: 74120,
  HUMIDITY: 22.3,
};

test("an LSSTComCam header is translated", () => {
  const file = { path: "raw.fits", hdus: [new Map(Object.entries(COMCAM))] };
  const kind = findInstrumentKind(file);
  assert.equal(kind?.name, "LSSTComCam");
  const instrument = kind!.create([file]);
  assert.equal(instrument.camera.detectors.length, 9);
  const [info] = instrument.observationInfos(file);
  assert.deepEqual(info, {
    instrument: "LSSTComCam",
    telescope: "Simonyi Survey Telescope",
    exposureId: 2024110800266,
    visitId: 2024110800266,
    observationId: "CC_O_20241108_000266",
    group: "2024-11-09T06:33:55.311",
    dayObs: 20241108,
    seqNum: 266,
    beginTaiNs: isoToTaiNs("2024-11-09T06:34:41.323", "tai"),
    endTaiNs: isoToTaiNs("2024-11-09T06:35:11.754", "tai"),
    exposureSec: 30,
    darkSec: 30.4306,
    trackingRaDeg: 53.12550000000002,
    trackingDecDeg: -28.1,
    skyAngleDeg: 102.79926387330579,
    azimuthDeg: 270.86285009978087,
    zenithAngleDeg: 20.273438733832805,
    airmass: 1.0659132785610415,
    physicalFilter: "g_01",
    band: "g",
    observationType: "science",
    observationReason: "science",
    object: "slew_icrs",
    scienceProgram: "PP-SURVEY",
    detectorId: 0,
    detectorName: "R22_S00",
    detectorSerial: "ITL-3800C-229",
    hasSimulatedContent: false,
    canSeeSky: true,
    temperatureC: 13.725,
    pressureHPa: 741.2,
    humidityPercent: 22.3,
  });
});

test("exposures of other controllers are set apart by a thousand years each", () => {
  assert.equal(lsstExposureId(20250415, 60, "O"), 2025041500060);
  assert.equal(lsstExposureId(20190526, 223, "C"), 3019052600223);
  assert.equal(lsstExposureId(20100217, 6001, "H"), 4010021706001);
});

test("LSSTCam's detectors are numbered as in its camera", () => {
  assert.equal(LSSTCAM_DETECTORS.length, 205);
  assert.equal(LSSTCAM_DETECTORS.indexOf("R22_S11"), 94);
  assert.equal(LSSTCAM_DETECTORS.indexOf("R43_S22"), 188);
  assert.equal(LSSTCAM_DETECTORS.indexOf("R44_SW1"), 204);
});

test("a header without DAYOBS is refused by name", () => {
  const { DAYOBS: _, ...rest } = COMCAM;
  const file = { path: "raw.fits", hdus: [new Map(Object.entries(rest))] };
  assert.throws(() => findInstrumentKind(file)!.create([file]).observationInfos(file), {
    code: "INSTRUMENTS.HEADER_INVALID",
    message: /DAYOBS/,
  });
});
