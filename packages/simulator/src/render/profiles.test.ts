import assert from "node:assert/strict";
import { test } from "node:test";
import { createSurvey, visitOptics } from "../simulate-detector.ts";
import { createSkyObjects } from "../sky/sky-objects.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { BULGE_PROFILE, DISC_PROFILE, type Mixture } from "./profiles.ts";
import { renderSources } from "./render-sources.ts";

/** The b of a Sérsic profile whose half-light radius is 1: Γ(2n)/2 of its light lies within. */
const SERSIC_B = { 1: 1.67834699, 4: 7.66924944 } as const;

/** Light of a Sérsic profile within a radius, over all of it: 1 − Q(2n, b r^(1/n)), a finite sum for whole 2n. */
function sersicWithin(n: 1 | 4, radius: number): number {
  const x = SERSIC_B[n] * radius ** (1 / n);
  let [term, sum] = [1, 1];
  for (let k = 1; k < 2 * n; k++) {
    term *= x / k;
    sum += term;
  }
  return 1 - Math.exp(-x) * sum;
}

function sersicBrightness(n: 1 | 4, radius: number): number {
  let factorial = 1;
  for (let k = 2; k < 2 * n; k++) factorial *= k;
  const total = 2 * Math.PI * n * SERSIC_B[n] ** (-2 * n) * factorial;
  return Math.exp(-SERSIC_B[n] * radius ** (1 / n)) / total;
}

const mixtureWithin = ({ sigma, share }: Mixture, radius: number): number =>
  sigma.reduce((sum, s, k) => sum + share[k]! * (1 - Math.exp(-0.5 * (radius / s) ** 2)), 0);

const mixtureBrightness = ({ sigma, share }: Mixture, radius: number): number =>
  sigma.reduce(
    (sum, s, k) => sum + (share[k]! / (2 * Math.PI * s * s)) * Math.exp(-0.5 * (radius / s) ** 2),
    0,
  );

test("Sérsic profiles: the disc is n = 1 in brightness and in growth, half its light within its radius", () => {
  assert.ok(Math.abs(DISC_PROFILE.share.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
  assert.ok(Math.abs(mixtureWithin(DISC_PROFILE, 1) - 0.5) < 1e-4);
  for (let radius = 0.05; radius <= 4; radius *= 1.1) {
    const ratio = mixtureBrightness(DISC_PROFILE, radius) / sersicBrightness(1, radius);
    assert.ok(Math.abs(ratio - 1) < (radius < 2.5 ? 0.011 : 0.04), `at ${radius}: ${ratio}`);
    assert.ok(Math.abs(mixtureWithin(DISC_PROFILE, radius) - sersicWithin(1, radius)) < 0.002, `${radius}`);
  }
});

test("Sérsic profiles: the bulge is n = 4 that ends, half its light within its radius", () => {
  assert.ok(Math.abs(BULGE_PROFILE.share.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
  assert.ok(Math.abs(mixtureWithin(BULGE_PROFILE, 1) - 0.5) < 1e-3);
  // What is left of a bulge that fades out at 7 to 8 radii has its half-light radius at 0.892 of them.
  const UNIT = 0.892;
  const left = sersicWithin(4, 7.44);
  for (let radius = 0.06; radius <= 4; radius *= 1.1) {
    const expected = (sersicBrightness(4, radius * UNIT) * UNIT * UNIT) / left;
    const ratio = mixtureBrightness(BULGE_PROFILE, radius) / expected;
    assert.ok(Math.abs(ratio - 1) < 0.06, `at ${radius}: ${ratio}`);
    const grown = sersicWithin(4, radius * UNIT) / left;
    assert.ok(Math.abs(mixtureWithin(BULGE_PROFILE, radius) - grown) < 0.01, `${radius}`);
  }
});

for (const [name, bulgeShare, tolerance] of [
  ["disc", 0, 0.004],
  ["bulge", 1, 0.01],
] as const)
  test(`a drawn ${name} has the truth's electrons, and half of them within its half-light ellipse`, () => {
    const survey = createSurvey(
      createSurveyOptions({
        camera: { columns: 1, rows: 1, width: 512, height: 512, pixelScaleArcsec: 0.2 },
        bands: ["r"],
        visitsPerBand: 1,
        starsPerArcmin2: 0,
        galaxiesPerArcmin2: 0,
      }),
    );
    const exposure = survey.exposures.find((candidate) => candidate.visit !== undefined)!;
    const detector = survey.camera.detectors[0]!;
    const [radiusPixels, axisRatio] = [30, 0.6];
    const galaxy = {
      kind: "galaxy",
      raDeg: 0,
      decDeg: 0,
      flux: { r: 1 },
      radiusArcsec: radiusPixels * 0.2,
      bulgeShare,
      axisRatio,
      // Along +y whatever the rotator.
      angleDeg: exposure.visit!.actual.rotatorDeg,
    } as const;
    const sky = { ...survey.sky, objects: createSkyObjects([galaxy], ["r"]) };
    const sources = {
      count: 1,
      id: Int32Array.of(1),
      index: Int32Array.of(0),
      x: Float64Array.of(255.2),
      y: Float64Array.of(256.4),
      fluxNanojansky: Float64Array.of(1),
      electrons: Float64Array.of(1e6),
    };
    const optics = visitOptics(survey, exposure.visit!);
    // Seeing of a tenth of a pixel: what is drawn is the galaxy alone.
    const sharp = { ...optics, psf: { ...optics.psf, fwhmArcsec: 0.02 } };
    const canvas = { width: 512, height: 512, data: new Float32Array(512 * 512) };
    renderSources(canvas, sky, sources, detector, sharp);
    let [total, within] = [0, 0];
    canvas.data.forEach((value, i) => {
      total += value;
      const [dx, dy] = [(i % 512) - 255.2, Math.floor(i / 512) - 256.4];
      if (Math.hypot(dx / axisRatio, dy) < radiusPixels) within += value;
    });
    // Of a bulge three in a hundred lie off the canvas.
    assert.ok(total > 0.96e6 && total < 1.002e6, `${total}`);
    if (bulgeShare === 0) assert.ok(Math.abs(total / 1e6 - 1) < 1e-3, `${total}`);
    assert.ok(Math.abs(within / 1e6 - 0.5) < tolerance, `${within / 1e6}`);
  });
