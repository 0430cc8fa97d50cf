import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { angularSeparationArcsec, offsetPosition, wrapDegrees, wrapDifferenceDegrees } from "./angle.ts";

test("going a distance from a position ends at that distance, at any size", () => {
  const random = createRandom("offset");
  for (let i = 0; i < 500; i++) {
    const ra = random.uniform() * 360;
    const dec = i % 50 === 0 ? 90 : random.uniform() * 180 - 90;
    const distance = 10 ** (random.uniform() * 9 - 4);
    const end = offsetPosition(ra, dec, random.uniform() * 360, Math.min(distance, 640_000));
    const apart = angularSeparationArcsec(ra, dec, end.raDeg, end.decDeg);
    assert.ok(
      Math.abs(apart - Math.min(distance, 640_000)) < 1e-9 + 1e-12 * distance,
      `${apart} for ${distance}`,
    );
    assert.ok(end.raDeg >= 0 && end.raDeg < 360);
  }
  assert.equal(offsetPosition(10, 0, 90, 3600).raDeg, 11);
  assert.ok(offsetPosition(10, 0, 0, 3600).decDeg > 0);
});

test("angles wrap", () => {
  assert.deepEqual([-1, 0, 360, 725, -1e-18].map(wrapDegrees), [359, 0, 0, 5, 0]);
  assert.deepEqual([359, -359, 180, 10].map(wrapDifferenceDegrees), [-1, 1, 180, 10]);
  assert.equal(angularSeparationArcsec(359.9999, 0, 0.0001, 0).toFixed(6), "0.720000");
  assert.ok(angularSeparationArcsec(12, 90, 200, 90) < 1e-10);
});
