import assert from "node:assert/strict";
import { test } from "node:test";
import { isoToTaiNs } from "@almagest/sphere";
import type { HeaderValue } from "./header.ts";
import { beginTime, observingDay } from "./header-time.ts";
import { parseDeclination, parseRightAscension } from "./sexagesimal.ts";

const CASES: readonly (readonly [cards: Record<string, HeaderValue>, iso: string, scale: "utc" | "tai"])[] = [
  [{ "DATE-OBS": "2025-06-25T06:12:46" }, "2025-06-25T06:12:46", "utc"],
  [{ "DATE-OBS": "2003-10-19", TAIHMS: "04:48:21.31", TIMESYS: "TAI" }, "2003-10-19T04:48:21.31", "tai"],
  [{ "DATE-OBS": "2013-11-02", "UT-STR": "06:15:55.908" }, "2013-11-02T06:15:55.908", "utc"],
  [{ "DATE-OBS": "26/10/92", "MJD-OBS": 48921.5 }, "1992-10-26T12:00:00", "utc"],
  [{ "DATE-OBS": "20240102", UT: "3:04:05" }, "2024-01-02T03:04:05", "utc"],
  [{ JD: 2460851.5 }, "2025-06-25T00:00:00", "utc"],
  [{ "DATE-OBS": "2024-13-45T00:00:00", "MJD-OBS": 60000 }, "2023-02-25T00:00:00", "utc"],
  [{ "DATE-OBS": "2024-02-03" }, "2024-02-03T00:00:00", "utc"],
];

for (const [cards, iso, scale] of CASES) {
  test(`${JSON.stringify(cards)} begins at ${iso} ${scale}`, () => {
    assert.equal(beginTime(new Map(Object.entries(cards))), isoToTaiNs(iso, scale));
  });
}

test("a header without date begins at no time", () => {
  assert.equal(beginTime(new Map([["OBJECT", "M31"]])), undefined);
});

test("the observing day changes at noon UTC in Chile's convention", () => {
  assert.equal(observingDay(isoToTaiNs("2013-09-01T06:02:55", "utc"), 12), 20130831);
  assert.equal(observingDay(isoToTaiNs("2012-12-11T22:06:32", "utc"), 12), 20121211);
});

test("coordinates are read in their spellings", () => {
  assert.equal(parseRightAscension("06:00:00"), 90);
  assert.equal(parseRightAscension("279.108125"), 279.108125);
  assert.equal(parseRightAscension(5.5), 5.5);
  assert.equal(parseDeclination("-00:30:00"), -0.5);
  assert.equal(parseDeclination("+59:29:38.15"), 59 + 29 / 60 + 38.15 / 3600);
  assert.equal(parseDeclination("-44 18 36.9"), -(44 + 18 / 60 + 36.9 / 3600));
  assert.equal(parseRightAscension("unknown"), undefined);
});
