import assert from "node:assert/strict";
import { test } from "node:test";
import type { Amplifier } from "@almagest/images";
import { createDetectorWcs } from "@almagest/instruments";
import { angularSeparationArcsec } from "@almagest/sphere";
import { trueWcs } from "./render/visible-sources.ts";
import { createSurvey, rawExposureOf, simulateDetector, visibleSources } from "./simulate-detector.ts";
import { createSurveyOptions } from "./survey-options.ts";

const survey = createSurvey(
  createSurveyOptions({
    camera: { columns: 1, rows: 1, width: 512, height: 512 },
    bands: ["r"],
    visitsPerBand: 1,
    biases: 2,
    darks: 1,
    flats: 2,
  }),
);
const model = survey.detectorModel(0);
const { detector } = model;
const ofType = (type: string) => survey.exposures.filter((exposure) => exposure.type === type);

/** Values of a box of one amplifier's stored pixels. */
function boxOf(segment: Uint16Array, amplifier: Amplifier, box: Amplifier["rawBox"]): number[] {
  const values: number[] = [];
  for (let y = box.y0; y < box.y0 + box.height; y++) {
    for (let x = box.x0; x < box.x0 + box.width; x++) values.push(segment[y * amplifier.rawBox.width + x]!);
  }
  return values;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Variance without the few outliers that defects make: from the central 98 %. */
function clippedVariance(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const kept = sorted.slice(Math.floor(sorted.length * 0.01), Math.ceil(sorted.length * 0.99));
  const centre = mean(kept);
  // The central 98 % of a normal distribution have 0.8735 of its variance.
  return mean(kept.map((value) => (value - centre) ** 2)) / 0.8735;
}

test("pairs of biases have the amplifiers' read noise", () => {
  const [first, second] = ofType("BIAS").map((exposure) => simulateDetector(survey, exposure, 0));
  detector.amplifiers.forEach((amplifier, index) => {
    const a = boxOf(first![index]!, amplifier, amplifier.rawDataBox);
    const b = boxOf(second![index]!, amplifier, amplifier.rawDataBox);
    const width = amplifier.rawDataBox.width;
    // Line drift differs between exposures: take each line's mean away.
    const difference = a.map((value, i) => value - b[i]!);
    for (let line = 0; line < difference.length; line += width) {
      const level = mean(difference.slice(line, line + width));
      for (let i = line; i < line + width; i++) difference[i]! -= level;
    }
    const digits = 1 / 12;
    const noise =
      Math.sqrt((mean(difference.map((value) => value ** 2)) * width) / (width - 1) / 2 - digits) *
      amplifier.gain;
    assert.ok(
      Math.abs(noise / amplifier.readNoise - 1) < 0.03,
      `${amplifier.name}: ${noise} for ${amplifier.readNoise}`,
    );
  });
});

test("pairs of flats give the amplifiers' gains by photon transfer", () => {
  const [first, second] = ofType("FLAT").map((exposure) => simulateDetector(survey, exposure, 0));
  const ratios: number[] = [];
  detector.amplifiers.forEach((amplifier, index) => {
    const signal = (segments: readonly Uint16Array[]): number[] => {
      const level = mean(boxOf(segments[index]!, amplifier, amplifier.rawSerialOverscanBox));
      return boxOf(segments[index]!, amplifier, amplifier.rawDataBox).map((value) => value - level);
    };
    const a = signal(first!);
    const b = signal(second!);
    const scale = mean(a) / mean(b);
    const variance = clippedVariance(a.map((value, i) => value - scale * b[i]!)) / (1 + scale);
    const readVariance = (amplifier.readNoise / amplifier.gain) ** 2;
    ratios.push(mean(a) / (variance - readVariance) / amplifier.gain);
  });
  for (const ratio of ratios) assert.ok(Math.abs(ratio - 1) < 0.05, `${ratios}`);
  assert.ok(Math.abs(mean(ratios) - 1) < 0.01, `${mean(ratios)}`);
});

test("the sky's level and noise are those of the truth", () => {
  const [exposure] = ofType("OBJECT");
  const segments = simulateDetector(survey, exposure!, 0);
  const index = 4;
  const amplifier = detector.amplifiers[index]!;
  const level = mean(boxOf(segments[index]!, amplifier, amplifier.rawSerialOverscanBox));
  const electrons = boxOf(segments[index]!, amplifier, amplifier.rawDataBox).map(
    (value) => (value - level) * amplifier.gain,
  );
  const sorted = electrons.toSorted((a, b) => a - b);
  const response = model.response("r");
  const expected = exposure!.visit!.skyElectrons * response[100 * 512 + 290]!;
  const median = sorted[sorted.length >> 1]!;
  assert.ok(Math.abs(median / expected - 1) < 0.05, `${median} for ${expected}`);
  // Below the median there are hardly any sources: half the noise shows there.
  const sixteenth = sorted[Math.floor(sorted.length * 0.1587)]!;
  const noise = Math.hypot(Math.sqrt(expected), amplifier.readNoise);
  assert.ok(Math.abs((median - sixteenth) / noise - 1) < 0.15, `${median - sixteenth} for ${noise}`);
});

test("the header's WCS is off the truth by the pointing error, and by nothing else", () => {
  const [exposure] = ofType("OBJECT");
  const raw = rawExposureOf(survey, exposure!, detector);
  const truth = trueWcs(survey.camera, detector, exposure!.visit!);
  const { commanded, actual } = exposure!.visit!;
  const missed = angularSeparationArcsec(commanded.raDeg, commanded.decDeg, actual.raDeg, actual.decDeg);
  assert.ok(missed > 0.1 && missed < 12, `${missed}`);
  const guess = raw.wcs!.pixelToSky(255.5, 255.5);
  const place = truth.pixelToSky(255.5, 255.5);
  const offset = angularSeparationArcsec(guess.raDeg, guess.decDeg, place.raDeg, place.decDeg);
  assert.ok(Math.abs(offset - missed) < 0.2, `${offset} for ${missed}`);
  const again = createDetectorWcs(survey.camera, detector, actual).pixelToSky(10, 20);
  assert.deepEqual(truth.pixelToSky(10, 20), again);
});

test("truth positions are where the sky's sources fall", () => {
  const [exposure] = ofType("OBJECT");
  const sources = visibleSources(survey, exposure!, detector);
  const wcs = trueWcs(survey.camera, detector, exposure!.visit!);
  assert.ok(sources.count > 300);
  for (let i = 0; i < sources.count; i += 17) {
    const index = sources.index[i]!;
    if (index < 0) continue;
    const { raDeg, decDeg } = wcs.pixelToSky(sources.x[i]!, sources.y[i]!);
    const { objects } = survey.sky;
    assert.ok(angularSeparationArcsec(raDeg, decDeg, objects.raDeg[index]!, objects.decDeg[index]!) < 1e-6);
  }
});
