import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Exposure, RawExposure } from "@almagest/images";
import { BAD, CROSSTALK, INTRP, NO_DATA, SAT, SUSPECT, UNMASKEDNAN } from "../mask-bits.ts";
import { isrConfig } from "./isr-config.ts";
import { removeInstrumentSignature } from "./remove-instrument-signature.ts";
import { createSyntheticRaw } from "./synthetic-raw.ts";

const bare = {
  doBias: false,
  doDark: false,
  doFlat: false,
  doDefect: false,
  doCosmicRay: false,
  doInterpolate: false,
};
const ramp = (x: number, y: number) => 100 + 3 * x + 7 * y;

function frameOf(raw: RawExposure, value: (x: number, y: number) => number, variance = 0): Exposure {
  const bbox = raw.detector.bbox;
  const size = bbox.width * bbox.height;
  return {
    bbox,
    image: {
      bbox,
      data: Float32Array.from({ length: size }, (_, i) => value(i % bbox.width, Math.floor(i / bbox.width))),
    },
    variance: { bbox, data: new Float32Array(size).fill(variance) },
    mask: { bbox, data: new Uint32Array(size), planes: new Map() },
    unit: "electron",
    metadata: {},
  };
}

/** Largest distance between the image and what it should be. */
function worstError(exposure: Exposure, expected: (x: number, y: number) => number): number {
  const { width } = exposure.bbox;
  return exposure.image.data.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - expected(i % width, Math.floor(i / width)))),
    0,
  );
}

test("overscan, gain and flips give back the electrons of every amplifier", () => {
  const raw = createSyntheticRaw(ramp, { columns: 4, rows: 2, gain: (i) => 1 + 0.1 * i }, "noiseless");
  raw.detector.amplifiers.forEach((a) => {
    assert.ok(a.gain >= 1);
  });
  const { exposure } = removeInstrumentSignature(raw, {}, isrConfig.parse(bare));
  // Rounding to whole ADU is half a gain; the overscan of a row without noise is a whole number too.
  assert.ok(worstError(exposure, ramp) <= 1.7 * 1.001, String(worstError(exposure, ramp)));
  assert.equal(exposure.unit, "electron");
  assert.deepEqual(exposure.bbox, raw.detector.bbox);
});

test("a single amplifier without overscan keeps its pedestal until the bias takes it", () => {
  const raw = createSyntheticRaw(
    (x, y) => 500 + ramp(x, y),
    { columns: 1, rows: 1, overscan: 0, prescan: 0, parallelOverscan: 0, gain: () => 2 },
    "noiseless",
  );
  const config = isrConfig.parse({ ...bare, doBias: true });
  const { exposure } = removeInstrumentSignature(raw, { bias: frameOf(raw, () => 500) }, config);
  assert.ok(worstError(exposure, ramp) <= 1);
});

test("variance is signal plus read noise squared, through dark and flat", () => {
  const raw = createSyntheticRaw(() => 4000, { gain: () => 1, readNoise: 5, darkSec: 50 }, "noiseless");
  const config = isrConfig.parse({ ...bare, doDark: true, doFlat: true, doBias: true });
  const calibrations = {
    bias: frameOf(raw, () => 10, 0.5),
    dark: frameOf(raw, () => 2, 1e-4),
    flat: frameOf(raw, (x) => (x % 2 === 0 ? 0.8 : 1.25), 1e-6),
  };
  const { exposure } = removeInstrumentSignature(raw, calibrations, config);
  const signal = 4000 - 10 - 100;
  for (const [x, flat] of [
    [4, 0.8],
    [5, 1.25],
  ] as const) {
    const value = exposure.image.data[x]!;
    assert.ok(Math.abs(value - signal / flat) < 1.5 / flat, `${value}`);
    const noise = 3990 + 25 + 0.5 + 1e-4 * 2500 + (signal / flat) ** 2 * 1e-6;
    assert.ok(Math.abs(exposure.variance.data[x]! / (noise / flat ** 2) - 1) < 2e-3);
  }
});

test("the scatter of a noisy image is what the variance plane says", () => {
  const raw = createSyntheticRaw(() => 0, { readNoise: 8, ampWidth: 100, ampHeight: 100 });
  const { exposure, metrics } = removeInstrumentSignature(raw, {}, isrConfig.parse(bare));
  const sum = exposure.image.data.reduce((a, b) => a + b * b, 0) / exposure.image.data.length;
  const said = exposure.variance.data.reduce((a, b) => a + b, 0) / exposure.variance.data.length;
  // The variance of pixels near zero signal is too large by the mean positive noise (0.4 σ); the row level adds 5 %.
  assert.ok(Math.abs(sum / 64 - 1) < 0.12, String(sum));
  assert.ok(said > 64 && said < 72, String(said));
  assert.ok(Math.abs(Number(metrics["readNoiseElectrons.C00"]) / 8 - 1) < 0.05);
});

test("saturated and suspect pixels are masked, and saturation grows", () => {
  const level = (x: number, y: number) =>
    x === 10 && y === 10 ? 40_000 : x === 20 && y === 20 ? 29_500 : 100;
  const raw = createSyntheticRaw(level, { gain: () => 1, saturationAdu: 30_000 }, "noiseless");
  const { exposure } = removeInstrumentSignature(raw, {}, isrConfig.parse(bare));
  const at = (x: number, y: number) => exposure.mask.data[y * exposure.bbox.width + x]!;
  assert.equal(at(10, 10), SAT);
  assert.equal(at(9, 11), SAT);
  assert.equal(at(12, 10), 0);
  assert.equal(at(20, 20), SUSPECT);
  assert.equal(at(21, 20), 0);
});

test("16-bit values at the top of the converter are saturated whatever the camera says", () => {
  const raw = createSyntheticRaw(
    (x) => (x === 3 ? 90_000 : 0),
    { gain: () => 1, saturationAdu: 70_000 },
    "noiseless",
  );
  const { exposure } = removeInstrumentSignature(raw, {}, isrConfig.parse(bare));
  assert.ok((exposure.mask.data[3]! & SAT) !== 0);
});

test("crosstalk between mirrored amplifiers is taken out to second order", () => {
  const star = (x: number, y: number) => (x === 3 && y === 5 ? 40_000 : 200);
  const options = { columns: 4, rows: 2, gain: () => 1, crosstalk: 2e-3, saturationAdu: 60_000 };
  const raw = createSyntheticRaw(star, options, "noiseless");
  const off = removeInstrumentSignature(raw, {}, isrConfig.parse({ ...bare, doCrosstalk: false }));
  const on = removeInstrumentSignature(raw, {}, isrConfig.parse({ ...bare, crosstalkMaskElectrons: 50 }));
  assert.ok(worstError(off.exposure, star) > 80);
  // Left over: rounding (0.5, twice) and second order (8 × 2e-3 × ghost of about 140).
  assert.ok(worstError(on.exposure, star) < 3, String(worstError(on.exposure, star)));
  // The ghost in the fourth amplifier, read to the right, mirrors the star's place.
  const mirrored = 4 * 32 - 1 - 3;
  assert.ok((on.exposure.mask.data[5 * on.exposure.bbox.width + mirrored]! & CROSSTALK) !== 0);
});

test("defects, unlit pixels and pixels that are not numbers are masked; defects are bridged", () => {
  const raw = createSyntheticRaw(ramp, { gain: () => 1 }, "noiseless");
  const flat = frameOf(raw, (x, y) => (y === 30 && x === 30 ? Number.NaN : y === 31 ? 0.01 : 1));
  const config = isrConfig.parse({ ...bare, doFlat: true, doDefect: true, doInterpolate: true });
  const defects = [
    { x0: 8, y0: 0, width: 2, height: 40 },
    { x0: 0, y0: 12, width: 64, height: 1 },
    { x0: 60, y0: -5, width: 100, height: 7 },
  ];
  const { exposure } = removeInstrumentSignature(raw, { flat, defects }, config);
  const width = exposure.bbox.width;
  const at = (x: number, y: number) => exposure.mask.data[y * width + x]!;
  assert.equal(at(8, 3), BAD | INTRP);
  assert.equal(at(40, 12), BAD | INTRP);
  assert.equal(at(63, 0), BAD | INTRP);
  assert.ok((at(5, 31) & NO_DATA) !== 0);
  assert.ok((at(30, 30) & NO_DATA) !== 0 && (at(30, 30) & UNMASKEDNAN) === 0);
  // The scene is linear, so bridging is exact but for rounding.
  assert.ok(Math.abs(exposure.image.data[3 * width + 8]! - ramp(8, 3)) < 2);
  assert.ok(Math.abs(exposure.image.data[12 * width + 40]! - ramp(40, 12)) < 2);
});

test("amplifiers whose gains disagree show as a step, and the step can be taken out", () => {
  const raw = createSyntheticRaw(() => 1000, { columns: 4, gain: () => 1 });
  const wrong = raw.detector.amplifiers.map((a, i) => ({ ...a, gain: i === 2 ? 1.05 : 1 }));
  const exposure = { ...raw, detector: { ...raw.detector, amplifiers: wrong } };
  const seen = removeInstrumentSignature(exposure, {}, isrConfig.parse(bare)).metrics;
  assert.ok(Math.abs(Math.abs(Number(seen.ampStepMaxElectrons)) - 50) < 5);
  const fixed = removeInstrumentSignature(exposure, {}, isrConfig.parse({ ...bare, doAmpOffset: true }));
  const row = fixed.exposure.image.data;
  const mean = (k: number) => {
    let sum = 0;
    for (let y = 0; y < 40; y++) for (let x = 0; x < 32; x++) sum += row[y * 128 + 32 * k + x]!;
    return sum / (32 * 40);
  };
  assert.ok(Math.abs(mean(2) - mean(1)) < 4, `${mean(1)} ${mean(2)}`);
});

test("frames of another size and raw segments that are too small are refused by name", () => {
  const raw = createSyntheticRaw(ramp);
  const other = createSyntheticRaw(ramp, { ampWidth: 20 });
  const config = isrConfig.parse({ ...bare, doBias: true });
  assert.throws(
    () => removeInstrumentSignature(raw, { bias: frameOf(other, () => 0) }, config),
    (error) => isAlmagestError(error, "TASKS.CALIBRATION_SIZE"),
  );
  assert.throws(
    () => removeInstrumentSignature({ ...raw, amplifiers: other.amplifiers }, {}, config),
    (error) => isAlmagestError(error, "TASKS.RAW_GEOMETRY"),
  );
});
