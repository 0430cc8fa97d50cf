import assert from "node:assert/strict";
import { test } from "node:test";
import { BANDS } from "../optics/bands.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { planExposures } from "./exposures.ts";

test("airmass extinction: the air takes its magnitudes per airmass from the zero point, in every band", () => {
  const options = createSurveyOptions({ bands: ["u", "g", "y"], visitsPerBand: 20 });
  const visits = planExposures(options).flatMap(({ band, visit }) => (visit ? [{ band, visit }] : []));
  assert.equal(visits.length, 60);
  const airmasses = visits.map(({ visit }) => visit.airmass);
  assert.ok(Math.min(...airmasses) >= 1 && Math.max(...airmasses) > Math.min(...airmasses) + 0.2);
  for (const { band, visit } of visits) {
    const { zeroPointMag, extinctionMag } = BANDS.get(band)!;
    const above = zeroPointMag + 2.5 * Math.log10(options.exposureSec * visit.transparency);
    assert.ok(Math.abs(above - visit.zeroPointMag - extinctionMag * visit.airmass) < 1e-9);
  }
});
