import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isoToTaiNs } from "@almagest/sphere";
import { parse } from "yaml";
import { cutAmplifier } from "./amplifier-sections.ts";
import { decamAmplifiers } from "./decam/decam.ts";
import type { HeaderCards, HeaderValue } from "./header.ts";
import { hscAmplifiers } from "./hsc/hsc.ts";
import { findInstrumentKind } from "./instruments.ts";
import { megaPrimeAmplifiers } from "./megaprime/megaprime.ts";
import type { ObservationInfo } from "./observation-info.ts";

const folder = join(import.meta.dirname, "../../../../shared/data/headers");

/** A recorded header: a map of cards, or a list of [keyword, type, value, comment]. */
function readRecorded(name: string): HeaderCards {
  const content: unknown = parse(readFileSync(join(folder, name), "utf8"), { logLevel: "silent" });
  const entries = Array.isArray(content)
    ? content.map((entry) => [entry[0], entry[2]] as const)
    : Object.entries(content as Record<string, unknown>);
  const cards = new Map<string, HeaderValue>();
  for (const [keyword, value] of entries) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      if (!cards.has(keyword)) cards.set(keyword, value);
    }
  }
  return cards;
}

/** What the original translators say of these headers (their own tests), and the times that follow from the cards. */
const EXPECTED: Readonly<Record<string, Partial<ObservationInfo>>> = {
  "fitsheader-decam.yaml": {
    instrument: "DECam",
    telescope: "CTIO 4.0-m telescope",
    darkSec: 201.15662,
    detectorName: "S1",
    detectorId: 25,
    detectorSerial: "S3-111_107419-8-3",
    exposureId: 229388,
    group: "229388",
    exposureSec: 200,
    object: "DES supernova hex SN-S1 tiling 22",
    observationId: "ct4m20130901t060255",
    observationType: "science",
    observationReason: "science",
    dayObs: 20130831,
    physicalFilter: "z DECam SDSS c0004 9260.0 1520.0",
    band: "z",
    pressureHPa: 779,
    humidityPercent: 23,
    scienceProgram: "2012B-0001",
    temperatureC: 11.9,
    visitId: 229388,
    zenithAngleDeg: 50.46,
    azimuthDeg: 61.24,
    airmass: 1.57,
    skyAngleDeg: 90,
  },
  "fitsheader-decam-raw_dec050441_25.yaml": {
    instrument: "DECam",
    darkSec: 31.1290202,
    detectorName: "S1",
    detectorId: 25,
    exposureId: 177764,
    exposureSec: 30,
    object: "Trifid and Lagoon",
    observationId: "ct4m20130213t090140",
    dayObs: 20130212,
    physicalFilter: "g DECam SDSS c0001 4720.0 1520.0",
    band: "g",
    scienceProgram: "2013A-0351",
    temperatureC: 14.2,
    beginTaiNs: isoToTaiNs("2013-02-13T09:01:40.966998", "utc"),
  },
  "fitsheader-hsc.yaml": {
    instrument: "HSC",
    telescope: "Subaru",
    darkSec: 30,
    detectorName: "1_12",
    detectorId: 50,
    detectorSerial: "120",
    exposureId: 904024,
    exposureSec: 30,
    object: "STRIPE82L",
    observationId: "HSCA90402400",
    observationType: "science",
    physicalFilter: "HSC-I",
    band: "i",
    pressureHPa: 621.7,
    humidityPercent: 33.1,
    scienceProgram: "o13015",
    visitId: 904024,
    dayObs: 20131102,
    skyAngleDeg: 270,
    beginTaiNs: isoToTaiNs("2013-11-02T06:15:55.908", "utc"),
    endTaiNs: isoToTaiNs("2013-11-02T06:16:27.928", "utc"),
  },
  "fitsheader-megaprime.yaml": {
    instrument: "MegaPrime",
    telescope: "CFHT 3.6m",
    skyAngleDeg: 0,
    darkSec: 615,
    detectorName: "ccd02",
    detectorId: 2,
    detectorSerial: "8352-15-3",
    exposureId: 1038843,
    exposureSec: 615.037,
    object: "w2.+2+2",
    observationId: "1038843",
    observationType: "science",
    physicalFilter: "i.MP9702",
    band: "i",
    pressureHPa: 617.65,
    humidityPercent: 39.77,
    scienceProgram: "08BL05",
    temperatureC: 0.9,
    dayObs: 20081101,
    trackingRaDeg: 135.409417,
    trackingDecDeg: -2.4,
    beginTaiNs: isoToTaiNs("2008-11-01T14:33:32.40", "utc"),
    endTaiNs: isoToTaiNs("2008-11-01T14:44:41.96", "utc"),
  },
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  test(`${name} is translated as by the original`, (t) => {
    if (!existsSync(join(folder, name))) return t.skip(`needs shared/data/headers: ${name}`);
    const file = { path: name, hdus: [new Map(), readRecorded(name)] };
    const kind = findInstrumentKind(file);
    assert.equal(kind?.name, expected.instrument);
    const [info] = kind!.create([file]).observationInfos(file);
    const found = Object.fromEntries(
      Object.keys(expected).map((key) => [key, info![key as keyof ObservationInfo]]),
    );
    assert.deepEqual(found, expected);
  });
}

test("HSC's temperature is told in kelvin and given in Celsius", (t) => {
  const name = "fitsheader-hsc.yaml";
  if (!existsSync(join(folder, name))) return t.skip(`needs shared/data/headers: ${name}`);
  const file = { path: name, hdus: [new Map(), readRecorded(name)] };
  const [info] = findInstrumentKind(file)!.create([file]).observationInfos(file);
  assert.ok(Math.abs(info!.temperatureC! - -0.8) < 1e-9);
  assert.ok(Math.abs(info!.trackingRaDeg! - 320.749925) < 1e-6);
  assert.ok(Math.abs(info!.trackingDecDeg! - 0.5000194) < 1e-6);
});

test("recorded sections give amplifiers that tile their detectors", (t) => {
  const cases = [
    ["fitsheader-decam-raw_dec050441_25.yaml", decamAmplifiers, 2, 2048, 4096],
    ["fitsheader-megaprime.yaml", megaPrimeAmplifiers, 2, 2048, 4612],
    ["fitsheader-hsc.yaml", hscAmplifiers, 4, 2048, 4176],
  ] as const;
  for (const [name, read, count, width, height] of cases) {
    if (!existsSync(join(folder, name))) return t.skip(`needs shared/data/headers: ${name}`);
    const amplifiers = read(readRecorded(name), 1).map((sections) => cutAmplifier(sections).amplifier);
    assert.equal(amplifiers.length, count);
    const area = amplifiers.reduce((sum, { bbox }) => sum + bbox.width * bbox.height, 0);
    assert.equal(area, width * height, name);
    for (const { rawBox, rawDataBox, rawSerialOverscanBox: overscan, bbox, gain } of amplifiers) {
      assert.equal(rawDataBox.width, bbox.width);
      assert.ok(overscan.width >= 16 && overscan.height === rawDataBox.height, name);
      assert.ok(overscan.x0 >= 0 && overscan.x0 + overscan.width <= rawBox.width);
      assert.ok(
        overscan.x0 + overscan.width <= rawDataBox.x0 || overscan.x0 >= rawDataBox.x0 + rawDataBox.width,
      );
      assert.ok(gain > 1 && gain < 6);
    }
  }
});
