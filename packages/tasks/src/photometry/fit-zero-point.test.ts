import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { fitZeroPoint, nanojanskyPerUnit } from "./fit-zero-point.ts";

function makePairs(seed: number, n: number, wrong: number) {
  const random = createRandom(seed);
  const flux = new Float64Array(n);
  const referenceFlux = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const magnitude = 17 + 5 * random.uniform();
    referenceFlux[i] = 10 ** ((31.4 - magnitude) / 2.5);
    const shown = i < wrong ? magnitude + 4 * (random.uniform() - 0.5) : magnitude + 0.005 * random.normal();
    flux[i] = 10 ** ((27.3 - shown) / 2.5);
  }
  return {
    flux,
    fluxErr: flux.map((f) => f * 0.005),
    referenceFlux,
    referenceFluxErr: referenceFlux.map((f) => f * 0.003),
  };
}

test("the zero point is right to a millimagnitude, also when a third of the matches are wrong", () => {
  for (const wrong of [0, 60]) {
    const fit = fitZeroPoint(makePairs(11, 200, wrong));
    assert.ok(fit);
    assert.ok(Math.abs(fit.zeroPoint - 27.3) < 0.0015, `${fit.zeroPoint}`);
    assert.ok(fit.error < 0.001 && fit.scatter < 0.008);
    assert.ok(fit.used >= 130 && fit.used <= 200 - wrong * 0.9);
  }
});

test("too few stars give no zero point", () => {
  assert.equal(fitZeroPoint(makePairs(3, 2, 0)), undefined);
});

test("a zero point of 31.4 is one nanojansky per unit", () => {
  assert.equal(nanojanskyPerUnit(31.4), 1);
  assert.ok(Math.abs(nanojanskyPerUnit(28.9) - 10) < 1e-12);
});
