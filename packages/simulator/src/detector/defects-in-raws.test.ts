import assert from "node:assert/strict";
import { test } from "node:test";
import type { Detector } from "@almagest/images";
import { createSurvey, expectedElectrons, simulateDetector } from "../simulate-detector.ts";
import { createSurveyOptions } from "../survey-options.ts";
import { bleedCharge, fullWell } from "./bleed.ts";

const SIZE = 512;
const survey = createSurvey(
  createSurveyOptions({
    camera: { columns: 1, rows: 1, width: SIZE, height: SIZE },
    bands: ["r"],
    visitsPerBand: 1,
    starsPerArcmin2: 8,
    brightestStarMag: 14.5,
    faintestStarMag: 16,
    galaxiesPerArcmin2: 0,
    biases: 1,
    darks: 1,
    darkSec: 100,
    flats: 1,
    cosmicRays: false,
    noise: false,
  }),
);
const model = survey.detectorModel(0);
const { detector } = model;
const take = (type: string): Uint16Array[] =>
  simulateDetector(survey, survey.exposures.find((candidate) => candidate.type === type)!, 0);

/** Electrons above the bias on the assembled detector, from the stored pixels of its amplifiers. */
function assemble(segments: readonly Uint16Array[], bias: readonly Uint16Array[]): Float32Array {
  const out = new Float32Array(SIZE * SIZE);
  (detector as Detector).amplifiers.forEach((amplifier, index) => {
    const { bbox, rawBox, rawDataBox, flipX, flipY, gain } = amplifier;
    for (let row = 0; row < bbox.height; row++) {
      const y = bbox.y0 + (flipY ? bbox.height - 1 - row : row);
      for (let column = 0; column < bbox.width; column++) {
        const x = bbox.x0 + (flipX ? bbox.width - 1 - column : column);
        const at = (rawDataBox.y0 + row) * rawBox.width + rawDataBox.x0 + column;
        out[y * SIZE + x] = gain * (segments[index]![at]! - bias[index]![at]!);
      }
    }
  });
  return out;
}

const bias = take("BIAS");
/** 1 on each pixel that a declared defect covers. */
const declared = new Uint8Array(SIZE * SIZE);
for (const { x0, y0, width, height } of model.defects)
  for (let y = y0; y < y0 + height; y++) declared.fill(1, y * SIZE + x0, y * SIZE + x0 + width);

test("defects: blind and hot pixels of the raws are where they are declared, and nowhere else", () => {
  const flat = assemble(take("FLAT"), bias);
  const dark = assemble(take("DARK"), bias);
  const level = flat.toSorted()[flat.length >> 1]!;
  let [blind, hot] = [0, 0];
  for (let i = 0; i < flat.length; i++) {
    // A flat takes seconds: a hot pixel adds little to its light; crosstalk less than a thousandth.
    const isBlind = flat[i]! < 0.1 * level;
    const isHot = dark[i]! > 100 * 20;
    if (isBlind) blind++;
    if (isHot) hot++;
    assert.equal(isBlind || isHot, declared[i] === 1, `pixel ${i % SIZE}, ${Math.floor(i / SIZE)}`);
  }
  const columns = model.defects.filter(({ width, height }) => width === 1 && height > 20);
  assert.ok(columns.length >= 2, "columns that see nothing");
  assert.ok(blind > 50 && hot > 5, `${blind} blind, ${hot} hot`);
});

test("bleed trails of saturated stars run along their columns in the raw, and hold the charge that overflowed", () => {
  const exposure = survey.exposures.find((candidate) => candidate.type === "OBJECT")!;
  const raw = assemble(simulateDetector(survey, exposure, 0), bias);
  const before = expectedElectrons(survey, exposure, 0);
  const after = before.slice();
  bleedCharge(after, detector);
  let trails = 0;
  detector.amplifiers.forEach(({ bbox }, index) => {
    const well = fullWell(detector, index);
    for (let x = bbox.x0; x < bbox.x0 + bbox.width; x++) {
      let [overflow, over, full, last, first] = [0, 0, 0, -1, -1];
      for (let y = bbox.y0; y < bbox.y0 + bbox.height; y++) {
        const i = y * SIZE + x;
        if (before[i]! > well) {
          over++;
          overflow += before[i]! - well;
        }
        // Digits end at 16 bits; what is read there is at least nearly the well.
        if (after[i]! > 0.999 * well) {
          assert.ok(raw[i]! > 0.93 * well, `${x}, ${y}: ${raw[i]} of ${well}`);
          full++;
          if (first < 0) first = y;
          last = y;
        }
      }
      if (over === 0) continue;
      // One star to a column, off the ends of the amplifier: full pixels are one run, longer than what was over the well.
      if (first <= bbox.y0 || last >= bbox.y0 + bbox.height - 1) continue;
      trails++;
      assert.ok(full >= over, `column ${x}`);
      let taken = 0;
      for (let y = bbox.y0; y < bbox.y0 + bbox.height; y++)
        taken += Math.max(0, after[y * SIZE + x]! - before[y * SIZE + x]!);
      assert.ok(Math.abs(taken / overflow - 1) < 1e-3, `column ${x}: ${taken} of ${overflow}`);
    }
  });
  assert.ok(trails >= 3, `${trails} columns`);
});
