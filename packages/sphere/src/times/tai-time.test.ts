import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { parseTaiNs } from "./parse-time.ts";
import {
  clampTaiNs,
  isoToTaiNs,
  mjdToTaiNs,
  TAI_NS_MAX,
  type TimeScale,
  taiNsToIso,
  taiNsToMjd,
  taiNsToUnix,
  unixToTaiNs,
} from "./tai-time.ts";

const golden = join(import.meta.dirname, "../../../../../shared/reference/butler/golden/time_uuid.json");

test("known moments in every scale", () => {
  assert.equal(isoToTaiNs("1970-01-01", "tai"), 0n);
  assert.equal(isoToTaiNs("2026-01-01T00:00:00"), 1_767_225_637_000_000_000n);
  assert.equal(isoToTaiNs("2016-12-31T23:59:60"), 1_483_228_836_000_000_000n);
  assert.equal(taiNsToIso(1_483_228_836_500_000_000n, "utc", 1), "2016-12-31T23:59:60.5");
  assert.equal(taiNsToIso(1_483_228_837_000_000_000n, "utc", 0), "2017-01-01T00:00:00");
  assert.equal(isoToTaiNs("2026-01-01", "tt"), 1_767_225_567_816_000_000n);
  assert.equal(mjdToTaiNs(61_041.5), 1_767_268_800_000_000_000n);
  assert.equal(mjdToTaiNs(61_041.5, "utc"), 1_767_268_837_000_000_000n);
  assert.equal(unixToTaiNs(0), 10_000_000_000n);
  assert.equal(unixToTaiNs(1_767_225_600.25), 1_767_225_637_250_000_000n);
  assert.equal(clampTaiNs(isoToTaiNs("2150-01-01", "tai")), TAI_NS_MAX);
});

test("every time goes to text, MJD and UNIX seconds and back", () => {
  const scales = fc.constantFrom<TimeScale>("tai", "utc", "tt");
  const times = fc.bigInt({ min: 63_072_010_000_000_000n, max: TAI_NS_MAX });
  fc.assert(
    fc.property(times, scales, (ns, scale) => {
      assert.equal(isoToTaiNs(taiNsToIso(ns, scale), scale), ns);
      const apart = (other: bigint): number => Math.abs(Number(other - ns));
      assert.ok(apart(mjdToTaiNs(taiNsToMjd(ns, scale), scale)) < 1000);
      // A leap second shares its UNIX second with the one before.
      assert.ok(apart(unixToTaiNs(taiNsToUnix(ns))) < 1000 || taiNsToIso(ns).slice(17, 19) === "60");
    }),
  );
});

test("what is not a time is refused", () => {
  const invalid = (error: unknown): boolean => isAlmagestError(error, "SPHERE.TIME_INVALID");
  for (const text of ["", "now", "2026-02-30", "2026-01-01T25:00:00", "2026-01-01T23:59:60", "2026/01/01"]) {
    assert.throws(() => isoToTaiNs(text), invalid, text);
    assert.throws(() => parseTaiNs(text), invalid, text);
  }
  assert.throws(() => mjdToTaiNs(Number.NaN), invalid);
  assert.throws(() => isoToTaiNs("2026-01-01T00:00:00Z", "tai"), invalid);
});

test("times as a Butler query writes them", () => {
  assert.equal(parseTaiNs("2026:032:10:00:00"), 1_769_940_037_000_000_000n);
  assert.equal(parseTaiNs("mjd/61041.5/utc"), 1_767_268_837_000_000_000n);
  assert.equal(parseTaiNs("cxcsec/800000000.0"), 1_683_612_767_816_000_000n);
  assert.equal(parseTaiNs("2026-01-01", "tai"), 1_767_225_600_000_000_000n);
});

test("a Butler's times", (t) => {
  if (!existsSync(golden)) return t.skip("needs shared/reference/butler/golden: time_uuid.json");
  const { time_to_nsec, time_literals } = JSON.parse(readFileSync(golden, "utf8"));
  for (const [text, scale, ns] of time_to_nsec)
    assert.equal(clampTaiNs(isoToTaiNs(text, scale)), BigInt(ns), text);
  for (const [text, ns] of time_literals) {
    if (ns === null) assert.throws(() => parseTaiNs(text), text);
    else assert.equal(parseTaiNs(text), BigInt(ns), text);
  }
});
