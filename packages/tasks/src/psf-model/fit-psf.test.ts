import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createGaussianPsf } from "@almagest/images";
import { getNumbers } from "@almagest/tables";
import { detectSources } from "../detection/detect-sources.ts";
import { createBlankField, drawSyntheticField } from "../detection/synthetic-field.ts";
import { applyApertureCorrection, fitApertureCorrection } from "../measurement/fit-aperture-correction.ts";
import { measureSources } from "../measurement/measure-sources.ts";
import { medianOf } from "../median.ts";
import { fitPsf } from "./fit-psf.ts";
import { selectPsfStars } from "./select-psf-stars.ts";

const FIELD = {
  seed: "psf",
  width: 1400,
  height: 1400,
  sources: 700,
  galaxyFraction: 0.5,
  psfSigma: 1.7,
  psfEllipticity: 0.1,
  sky: 0,
  noise: 10,
  fluxMin: 1500,
  fluxMax: 3e5,
  slope: 0.6,
  gain: 5,
};

test("from a wrong guess to the right PSF: stars are chosen, the model fits the reserve, fluxes are calibrated", () => {
  const field = drawSyntheticField(FIELD);
  const guess = createGaussianPsf(2.3);
  const first = measureSources(field.image, guess, detectSources(field.image, guess));
  const { rows, sigma } = selectPsfStars(first);
  const [x, y] = [getNumbers(first, "x"), getNumbers(first, "y")];
  let galaxies = 0;
  for (const row of rows) {
    let nearest = 0;
    for (let k = 1; k < field.count; k++) {
      const d = (m: number): number => Math.hypot(field.x[m]! - x[row]!, field.y[m]! - y[row]!);
      if (d(k) < d(nearest)) nearest = k;
    }
    galaxies += field.isGalaxy[nearest]!;
  }
  assert.ok(rows.length >= 60, `${rows.length} stars`);
  assert.ok(galaxies <= 0.03 * rows.length, `${galaxies} galaxies among ${rows.length} stars`);
  const stars = { x: Array.from(rows, (k) => x[k]!), y: Array.from(rows, (k) => y[k]!) };
  const fit = fitPsf(field.image, stars, sigma);
  assert.equal(fit.method, "pixel-grid");
  assert.equal(fit.used.length + fit.reserved.length + fit.rejected.length <= rows.length, true);
  assert.ok(fit.reserved.length > 0.08 * rows.length && fit.reserved.length < 0.35 * rows.length);
  assert.ok(Math.abs(fit.residuals.sizeMedian) < 0.01, `δT/T ${fit.residuals.sizeMedian}`);
  assert.ok(Math.abs(fit.residuals.e1Median) < 0.01 && Math.abs(fit.residuals.e2Median) < 0.01);
  const truth = field.psf.kernelAt(700, 700);
  const model = fit.psf.kernelAt(700, 700);
  const shift = (truth.size >> 1) - (model.size >> 1);
  const peak = truth.data[(truth.size * truth.size) >> 1]!;
  for (let p = 0; p < model.data.length; p++) {
    const q = (Math.floor(p / model.size) + shift) * truth.size + (p % model.size) + shift;
    assert.ok(Math.abs(model.data[p]! - truth.data[q]!) < 0.03 * peak, `pixel ${p}`);
  }
  const second = measureSources(field.image, fit.psf, detectSources(field.image, fit.psf));
  const again = selectPsfStars(second);
  const correction = fitApertureCorrection(second, again.rows, field.image.bbox);
  const calibrated = applyApertureCorrection(second, correction);
  const ratios = Array.from(
    again.rows,
    (k) => getNumbers(calibrated, "psfFlux")[k]! / getNumbers(calibrated, "ap12Flux")[k]!,
  );
  assert.ok(Math.abs(medianOf(ratios) - 1) < 0.004, `PSF flux over 12-pixel flux ${medianOf(ratios)}`);
  assert.ok(calibrated.columns.has("kronFlux_apCorr"));
});

test("few stars give an analytic PSF of their size, none an error", () => {
  const field = drawSyntheticField({
    ...FIELD,
    width: 300,
    height: 300,
    sources: 3,
    galaxyFraction: 0,
    fluxMin: 5e4,
  });
  const fit = fitPsf(field.image, field, 1.9);
  assert.equal(fit.method, "analytic");
  const wanted = fit.psf.sigmaAt(150, 150);
  assert.ok(Math.abs(wanted / createWidth(field) - 1) < 0.05, `sigma ${wanted}`);
  const blank = createBlankField({ x0: 0, y0: 0, width: 100, height: 100 }, 0, 1);
  assert.throws(
    () => fitPsf(blank, { x: [50], y: [50] }, 2),
    (error) => isAlmagestError(error, "TASKS.PSF_NO_STARS"),
  );
});

/** Width of the true PSF by the same definition: of a field measured with itself. */
function createWidth(field: ReturnType<typeof drawSyntheticField>): number {
  const table = measureSources(field.image, field.psf, detectSources(field.image, field.psf));
  const [xx, yy, xy] = [
    getNumbers(table, "ixxPSF"),
    getNumbers(table, "iyyPSF"),
    getNumbers(table, "ixyPSF"),
  ];
  return (xx[0]! * yy[0]! - xy[0]! ** 2) ** 0.25;
}
