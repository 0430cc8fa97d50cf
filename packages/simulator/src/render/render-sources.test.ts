import assert from "node:assert/strict";
import { test } from "node:test";
import { createSurvey, visibleSources, visitOptics } from "../simulate-detector.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { drawGaussian } from "./draw-gaussian.ts";
import { psfShapeOnDetector, renderSources } from "./render-sources.ts";

test("a Gaussian holds its flux, place and covariance", () => {
  const canvas = { width: 81, height: 71, data: new Float32Array(81 * 71) };
  drawGaussian(canvas, 40.3, 35.8, 1e5, 9, 2.5, 5);
  let [sum, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
  for (let y = 0; y < 71; y++) {
    for (let x = 0; x < 81; x++) {
      const value = canvas.data[y * 81 + x]!;
      sum += value;
      sx += value * (x - 40.3);
      sy += value * (y - 35.8);
      sxx += value * (x - 40.3) ** 2;
      sxy += value * (x - 40.3) * (y - 35.8);
      syy += value * (y - 35.8) ** 2;
    }
  }
  assert.ok(Math.abs(sum / 1e5 - 1) < 1e-5);
  assert.ok(Math.abs(sx / sum) < 1e-3 && Math.abs(sy / sum) < 1e-3);
  assert.ok(
    Math.abs(sxx / sum - 9) < 2e-3 && Math.abs(sxy / sum - 2.5) < 1e-3 && Math.abs(syy / sum - 5) < 1e-3,
  );
});

const survey = createSurvey(
  createSurveyOptions({
    camera: { columns: 2, rows: 1, width: 512, height: 512 },
    bands: ["r"],
    visitsPerBand: 1,
    starsPerArcmin2: 12,
    faintestStarMag: 22,
    galaxiesPerArcmin2: 0,
    supernovae: 0,
    rrLyrae: 2,
    eclipsingBinaries: 2,
    movers: 0,
    cosmicRays: false,
    noise: false,
  }),
);
const exposure = survey.exposures.find((candidate) => candidate.visit !== undefined)!;
const [, detector] = survey.camera.detectors;
const sources = visibleSources(survey, exposure, detector!);
const canvas = { width: 512, height: 512, data: new Float32Array(512 * 512) };
const optics = visitOptics(survey, exposure.visit!);
renderSources(canvas, survey.sky, sources, detector!, optics);

/** Stars with nothing else within 70 pixels, and wholly on the detector. */
const isolated = Array.from({ length: sources.count }, (_, i) => i).filter((i) => {
  const [x, y] = [sources.x[i]!, sources.y[i]!];
  if (x < 36 || y < 36 || x > 475 || y > 475) return false;
  return sources.x.every((other, j) => j === i || Math.hypot(other - x, sources.y[j]! - y) > 70);
});

/** Sum, centroid and second moments around a star. */
function measure(i: number): { sum: number; x: number; y: number; xx: number; yy: number } {
  const [x0, y0] = [Math.round(sources.x[i]!), Math.round(sources.y[i]!)];
  let [sum, sx, sy, sxx, syy] = [0, 0, 0, 0, 0];
  for (let y = y0 - 33; y <= y0 + 33; y++) {
    for (let x = x0 - 33; x <= x0 + 33; x++) {
      const value = canvas.data[y * 512 + x]!;
      sum += value;
      sx += value * (x - sources.x[i]!);
      sy += value * (y - sources.y[i]!);
      sxx += value * (x - sources.x[i]!) ** 2;
      syy += value * (y - sources.y[i]!) ** 2;
    }
  }
  return { sum, x: sx / sum, y: sy / sum, xx: sxx / sum, yy: syy / sum };
}

test("isolated stars give the electrons of the truth to 1e-4, where the truth has them", () => {
  assert.ok(isolated.length >= 3, `${isolated.length} isolated stars`);
  for (const i of isolated) {
    const star = measure(i);
    assert.ok(
      Math.abs(star.sum / sources.electrons[i]! - 1) < 1e-4,
      `star ${i}: ${star.sum / sources.electrons[i]!}`,
    );
    assert.ok(Math.hypot(star.x, star.y) < 2e-3, `star ${i} is off by ${star.x}, ${star.y}`);
  }
});

test("stars have the truth's ellipticity", () => {
  for (const i of isolated) {
    const { e1 } = psfShapeOnDetector(optics, detector!, sources.x[i]!, sources.y[i]!);
    const star = measure(i);
    assert.ok(Math.abs((star.xx - star.yy) / (star.xx + star.yy) - e1) < 0.003);
  }
});
