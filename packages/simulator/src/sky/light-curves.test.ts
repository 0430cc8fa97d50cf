import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { angularSeparationArcsec } from "@almagest/sphere";
import { magToNanojansky } from "../optics/bands.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { drawEclipsing, drawRrLyrae, lightCurveFlux } from "./light-curves.ts";
import { createSkyModel } from "./sky-model.ts";
import { OBJECT_KINDS } from "./sky-objects.ts";

const times = (first: number, days: number) =>
  Array.from({ length: 2000 }, (_, i) => first + (days * i) / 2000);

test("variables: a pulsating star repeats with its period, over its amplitude, more in the blue", () => {
  const curve = drawRrLyrae(createRandom("rr"));
  assert.ok(curve.kind === "rr_lyrae");
  const range = (band: string): number => {
    const mags = times(curve.epochMjd, curve.periodDays).map(
      (mjd) => -2.5 * Math.log10(lightCurveFlux(curve, band, mjd, 1000)),
    );
    return Math.max(...mags) - Math.min(...mags);
  };
  assert.ok(Math.abs(range("g") - curve.amplitudeMag) < 0.01);
  assert.ok(range("i") < range("r") && range("r") < range("g"));
  const flux = lightCurveFlux(curve, "g", 60_010.3, 1000);
  assert.ok(Math.abs(lightCurveFlux(curve, "g", 60_010.3 + 7 * curve.periodDays, 1000) / flux - 1) < 1e-6);
});

test("variables: an eclipsing binary is constant but for two eclipses of their depths", () => {
  const curve = drawEclipsing(createRandom("binary"));
  assert.ok(curve.kind === "eclipsing");
  const at = (phase: number) => lightCurveFlux(curve, "r", curve.epochMjd + phase * curve.periodDays, 1000);
  assert.ok(Math.abs(at(0) - 1000 * (1 - curve.depth)) < 1e-6);
  assert.ok(Math.abs(at(0.5) - 1000 * (1 - curve.second)) < 1e-6);
  for (const phase of [0.1, 0.25, 0.4, 0.6, 0.75, 0.9]) assert.equal(at(phase), 1000);
});

test("supernovae: dark before the explosion, brightest at the peak in r, redder as they fade", () => {
  const curve = { kind: "supernova", peakMjd: 60_100, peakMag: 21, stretch: 1.1 } as const;
  const at = (band: string, days: number) => lightCurveFlux(curve, band, curve.peakMjd + days, 0);
  assert.equal(at("r", -20), 0);
  assert.ok(Math.abs(at("r", 0) / magToNanojansky(21) - 1) < 1e-9);
  for (const days of [-15, -5, 5, 20, 60]) assert.ok(at("r", days) < at("r", 0));
  assert.ok(at("g", 25) / at("i", 25) < 0.6 * (at("g", 0) / at("i", 0)));
});

test("supernovae stand on galaxies that the truth names, within a few of their radii", () => {
  const { objects, lightCurves } = createSkyModel(createSurveyOptions({ supernovae: 40 }));
  const found = Array.from({ length: objects.count }, (_, i) => i).filter(
    (i) => OBJECT_KINDS[objects.kind[i]!] === "supernova",
  );
  assert.equal(found.length, 40);
  for (const i of found) {
    const host = objects.host[i]! - 1;
    assert.equal(OBJECT_KINDS[objects.kind[host]!], "galaxy");
    const { raDeg, decDeg, radiusArcsec } = objects;
    const distance = angularSeparationArcsec(raDeg[i]!, decDeg[i]!, raDeg[host]!, decDeg[host]!);
    assert.ok(distance < 5 * radiusArcsec[host]!, `${distance} of ${radiusArcsec[host]}`);
    assert.equal(lightCurves.get(i)!.kind, "supernova");
  }
});
