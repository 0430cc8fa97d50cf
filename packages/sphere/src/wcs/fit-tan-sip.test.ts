import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { angularSeparationArcsec } from "../angle.ts";
import { fitTanSip } from "./fit-tan-sip.ts";
import { createTanSipWcs } from "./tan-wcs.ts";

const scale = 0.2 / 3600;
const a = new Float64Array(16);
const b = new Float64Array(16);
a[2 * 4] = 1e-6;
a[3] = 2e-10;
b[1 * 4 + 1] = -2e-6;
b[3 * 4] = 1e-10;
const truth = createTanSipWcs({
  crvalRaDeg: 359.99,
  crvalDecDeg: -70,
  crpixX: 1800,
  crpixY: 2300,
  cd: [-scale, 1e-7, 2e-7, scale],
  sip: { order: 3, a, b },
});

function makePoints(count: number, noiseArcsec: number) {
  const random = createRandom(`points/${count}`);
  const x = Float64Array.from({ length: count }, () => random.uniform() * 4000);
  const y = Float64Array.from({ length: count }, () => random.uniform() * 4000);
  const raDeg = new Float64Array(count);
  const decDeg = new Float64Array(count);
  truth.pixelToSkyArrays(x, y, raDeg, decDeg);
  for (let i = 0; i < count; i++) {
    raDeg[i] = raDeg[i]! + (random.normal() * noiseArcsec) / 3600 / Math.cos((decDeg[i]! * Math.PI) / 180);
    decDeg[i] = decDeg[i]! + (random.normal() * noiseArcsec) / 3600;
  }
  return { x, y, raDeg, decDeg };
}

test("a fit to exact positions is the mapping that made them", () => {
  const fit = fitTanSip({ ...makePoints(400, 0), order: 3, crpixX: 1800, crpixY: 2300 });
  assert.ok(fit.medianArcsec < 1e-7 && fit.degreesOfFreedom === 390);
  const cards = new Map(fit.wcs.toFitsCards());
  assert.ok(Math.abs(Number(cards.get("CRVAL1")) - 359.99) < 1e-10);
  assert.ok(Math.abs(Number(cards.get("A_2_0")) - 1e-6) < 1e-13);
  assert.ok(Math.abs(Number(cards.get("CD1_1")) + scale) < 1e-15);
  const [p, q] = [fit.wcs.pixelToSky(100, 3900), truth.pixelToSky(100, 3900)];
  assert.ok(angularSeparationArcsec(p.raDeg, p.decDeg, q.raDeg, q.decDeg) < 1e-7);
});

test("a fit to noisy positions has their noise as residuals, and averages it away", () => {
  const fit = fitTanSip({ ...makePoints(2000, 0.05), order: 3 });
  assert.ok(Math.abs(fit.rmsEastArcsec - 0.05) < 0.003 && Math.abs(fit.rmsNorthArcsec - 0.05) < 0.003);
  const [p, q] = [fit.wcs.pixelToSky(2000, 2000), truth.pixelToSky(2000, 2000)];
  assert.ok(angularSeparationArcsec(p.raDeg, p.decDeg, q.raDeg, q.decDeg) < 0.01);
});

test("points of weight 0 do not count, but have residuals", () => {
  const points = makePoints(200, 0);
  points.decDeg[7] = points.decDeg[7]! + 1 / 3600;
  const weights = new Float64Array(200).fill(2);
  weights[7] = 0;
  const fit = fitTanSip({ ...points, order: 3, weights });
  assert.ok(fit.rmsNorthArcsec < 1e-6 && Math.abs(fit.residualNorthArcsec[7]! + 1) < 1e-6);
  assert.equal(fit.pointsUsed, 199);
});

test("order 1 is plain TAN; too few points, or points on a line, are refused", () => {
  const points = makePoints(50, 0);
  assert.equal(new Map(fitTanSip({ ...points, order: 1 }).wcs.toFitsCards()).get("CTYPE1"), "RA---TAN");
  const refused = (error: unknown): boolean => isAlmagestError(error, "SPHERE.WCS_FIT");
  assert.throws(() => fitTanSip({ ...points, order: 9 }), refused);
  assert.throws(() => fitTanSip({ ...points, y: points.x, order: 2 }), refused);
});
