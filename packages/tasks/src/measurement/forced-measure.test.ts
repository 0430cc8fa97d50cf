import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { getColumn, getNumbers } from "@almagest/tables";
import { createBlankField, createSyntheticPsf, drawSyntheticField } from "../detection/synthetic-field.ts";
import { robustStatistics } from "../median.ts";
import { forcedMeasure } from "./forced-measure.ts";

test("a crowd measured at its true positions has unbiased fluxes and honest errors", () => {
  const field = drawSyntheticField({
    seed: "forced",
    width: 500,
    height: 500,
    sources: 1500,
    galaxyFraction: 0,
    psfSigma: 1.6,
    sky: 0,
    noise: 5,
    fluxMin: 50,
    fluxMax: 20000,
    slope: 0.8,
  });
  const table = forcedMeasure(field.image, field.psf, field, { noiseScale: 1 });
  assert.equal(table.rows, field.count);
  const pulls: number[] = [];
  for (let k = 0; k < field.count; k++) {
    const inside = Math.min(field.x[k]!, field.y[k]!, 499 - field.x[k]!, 499 - field.y[k]!) > 5;
    if (inside)
      pulls.push((getNumbers(table, "psfFlux")[k]! - field.flux[k]!) / getNumbers(table, "psfFluxErr")[k]!);
  }
  const { median, sigma } = robustStatistics(pulls);
  assert.ok(Math.abs(median) < 0.12, `mean pull ${median}`);
  assert.ok(Math.abs(sigma - 1) < 0.1, `pull ${sigma}`);
});

test("positions off the image, and empty lists, are no trouble; a faint position in the sky is zero within its error", () => {
  const random = createRandom("empty");
  const field = createBlankField({ x0: 10, y0: 20, width: 80, height: 60 }, 0, 1);
  for (let p = 0; p < field.image.data.length; p++) field.image.data[p] = random.normal();
  const psf = createSyntheticPsf(1.8);
  const table = forcedMeasure(field, psf, { x: [50, 500, Number.NaN], y: [50, 50, 50] });
  const flux = getNumbers(table, "psfFlux");
  assert.ok(Math.abs(flux[0]!) < 4 * getNumbers(table, "psfFluxErr")[0]!);
  assert.ok(Number.isNaN(flux[1]!) && Number.isNaN(flux[2]!));
  assert.deepEqual(Array.from(getColumn(table, "psfFlux_flag").data as Uint8Array), [0, 1, 1]);
  assert.equal(forcedMeasure(field, psf, { x: [], y: [] }).rows, 0);
});
