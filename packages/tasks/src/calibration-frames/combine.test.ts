import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import type { Exposure } from "@almagest/images";
import { isrConfig } from "../isr/isr-config.ts";
import { removeInstrumentSignature } from "../isr/remove-instrument-signature.ts";
import { createSyntheticRaw, type SyntheticRawOptions } from "../isr/synthetic-raw.ts";
import { SAT } from "../mask-bits.ts";
import { medianOf } from "../median.ts";
import { createMemoryHandle } from "../memory-handle.ts";
import { combineBiases } from "./combine-biases.ts";
import { combineConfig, darkCombineConfig, defectConfig, flatCombineConfig } from "./combine-config.ts";
import { combineDarks } from "./combine-darks.ts";
import { combineFlats } from "./combine-flats.ts";
import { boxesOfBadPixels, findDefects } from "./find-defects.ts";

const options: Partial<SyntheticRawOptions> = { ampWidth: 60, ampHeight: 80, readNoise: 5, gain: () => 1.5 };
const plain = isrConfig.parse({
  doBias: false,
  doDark: false,
  doFlat: false,
  doDefect: false,
  doInterpolate: false,
  doCosmicRay: false,
});

/** Exposures of a scene with Poisson noise, through instrument signature removal. */
function expose(
  count: number,
  level: (x: number, y: number, n: number) => number,
  more = {},
  noise = true,
): Exposure[] {
  return Array.from({ length: count }, (_, n) => {
    const random = createRandom(`expose ${n}`);
    const scene = (x: number, y: number) => (noise ? random.poisson(level(x, y, n)) : level(x, y, n));
    const raw = createSyntheticRaw(scene, { ...options, ...more }, random.fork("read"));
    return removeInstrumentSignature(raw, {}, plain).exposure;
  });
}

const handles = (exposures: readonly Exposure[]) => exposures.map((exposure) => createMemoryHandle(exposure));
const worst = (values: Float32Array, expected: (i: number) => number) =>
  values.reduce((w, v, i) => Math.max(w, Math.abs(v - expected(i))), 0);

test("biases average to their structure, with less noise, and tell the read noise", async () => {
  const structure = (x: number) => 20 + 5 * (x % 3);
  const exposures = expose(9, structure, {}, false);
  exposures[4]!.image.data[1234] = 50_000; // a cosmic ray
  const { exposure, metrics } = await combineBiases(handles(exposures), combineConfig.parse({}));
  const noise = 5 / 3;
  const { width } = exposure.bbox;
  const residual = exposure.image.data.map((v, i) => v - structure(i % width));
  const rms = Math.sqrt(residual.reduce((a, b) => a + b * b, 0) / residual.length);
  assert.ok(Math.abs(rms / noise - 1) < 0.1, String(rms));
  assert.ok(worst(residual, () => 0) < 6 * noise);
  assert.ok(Math.abs(Number(metrics["readNoiseElectrons.C00"]) / 5 - 1) < 0.05);
  const variance = exposure.variance.data.reduce((a, b) => a + b, 0) / residual.length;
  // Each input's variance has the positive bias signal in it.
  assert.ok(variance > 25 / 9 && variance < 60 / 9, String(variance));
});

test("strips of rows and groups of more than 64 frames give the same mean", async () => {
  const exposures = expose(70, () => 100, { ampWidth: 24, ampHeight: 20 });
  const at = handles(exposures);
  const whole = await combineBiases(at, combineConfig.parse({}));
  const strips = await combineBiases(at, combineConfig.parse({ maxMegabytes: 0.3 }));
  assert.deepEqual(strips.exposure.image.data, whole.exposure.image.data);
  const mean = whole.exposure.image.data.reduce((a, b) => a + b, 0) / whole.exposure.image.data.length;
  assert.ok(Math.abs(mean - 100) < 0.5, String(mean));
});

test("darks of different lengths give one rate, and short ones are left out", async () => {
  const rate = (x: number, y: number) => (x === 10 && y === 10 ? 60 : 0.5);
  const long = expose(4, (x, y) => 400 * rate(x, y), { darkSec: 400 });
  const middle = expose(4, (x, y) => 100 * rate(x, y), { darkSec: 100 });
  const short = expose(1, () => 5000, { darkSec: 0.1 });
  const { exposure, metrics } = await combineDarks(
    handles([...long, ...middle, ...short]),
    darkCombineConfig.parse({}),
  );
  assert.equal(metrics.frames, 8);
  const { width } = exposure.bbox;
  assert.ok(Math.abs(exposure.image.data[10 * width + 10]! - 60) < 1);
  const mean = medianOf(exposure.image.data);
  assert.ok(Math.abs(mean - 0.5) < 0.005, String(mean));
  // Long ones alone: √(400·0.5 + 25)/400/√4 = 0.0188; the short ones add little by weight.
  const rms = Math.sqrt(
    exposure.image.data.reduce((a, v, i) => a + (i === 10 * width + 10 ? 0 : (v - 0.5) ** 2), 0) /
      exposure.image.data.length,
  );
  assert.ok(rms < 0.021, String(rms));
});

test("of two darks the one without the cosmic ray counts", async () => {
  const exposures = expose(2, () => 100, { darkSec: 100 });
  exposures[1]!.image.data[777] = 9000;
  const { exposure } = await combineDarks(handles(exposures), darkCombineConfig.parse({}));
  assert.ok(Math.abs(exposure.image.data[777]! - exposures[0]!.image.data[777]! / 100) < 1e-6);
});

test("flats keep the ratio of the amplifiers, whatever their levels, and tell the gain", async () => {
  const response = (x: number, y: number) =>
    (x < 60 ? 1 : 0.9) * (1 + 0.05 * Math.sin(x / 7)) * (y === 5 ? 0.5 : 1);
  const level = (x: number, y: number, n: number) => (20_000 + 5000 * n) * response(x, y);
  const exposures = expose(5, level);
  const faint = expose(1, () => 50);
  const { exposure, metrics } = await combineFlats(
    handles([...exposures, ...faint]),
    flatCombineConfig.parse({}),
  );
  assert.equal(metrics.frames, 5);
  const { width } = exposure.bbox;
  const median = medianOf(exposure.image.data);
  assert.ok(Math.abs(median - 1) < 1e-3);
  const scale = medianOf(exposure.image.data.map((v, i) => v / response(i % width, Math.floor(i / width))));
  const relative = exposure.image.data.map(
    (v, i) => v / (scale * response(i % width, Math.floor(i / width))) - 1,
  );
  const rms = Math.sqrt(relative.reduce((a, b) => a + b * b, 0) / relative.length);
  // 150 000 electrons in all: 0.26 %, a little more on the fainter side and row.
  assert.ok(rms < 0.0032, String(rms));
  assert.ok(Math.abs(Number(metrics["gain.C00"]) / 1.5 - 1) < 0.05, String(metrics["gain.C00"]));
});

test("a wrongly assumed gain shows in the photon transfer", async () => {
  const exposures = [0, 1].map((n) => {
    const random = createRandom(`gain ${n}`);
    const raw = createSyntheticRaw(
      () => random.poisson(20_000),
      { ...options, ampHeight: 200 },
      random.fork("r"),
    );
    const amplifiers = raw.detector.amplifiers.map((a) => ({ ...a, gain: 1.2 }));
    return removeInstrumentSignature({ ...raw, detector: { ...raw.detector, amplifiers } }, {}, plain)
      .exposure;
  });
  const { metrics } = await combineFlats(handles(exposures), flatCombineConfig.parse({}));
  assert.ok(Math.abs(Number(metrics["gain.C00"]) / 1.5 - 1) < 0.04, String(metrics["gain.C00"]));
  assert.ok(Math.abs(Number(metrics["gain.C01"]) / 1.5 - 1) < 0.04);
});

test("nothing to combine is an error with advice", async () => {
  await assert.rejects(combineFlats([], flatCombineConfig.parse({})), { code: "TASKS.NO_FRAMES" });
});

test("hot, saturated, dead pixels and bad columns become boxes, and ISR's masking covers them", async () => {
  const darks = expose(4, (x, y) => (x === 12 && y === 9 ? 20_000 : 50), { darkSec: 100 });
  for (const dark of darks) {
    dark.mask.data[200] = SAT;
  }
  const flats = expose(4, (x, y) => (x === 70 && y % 3 > 0 ? 8000 : y === 40 && x < 3 ? 5000 : 20_000));
  const dark = (await combineDarks(handles(darks), darkCombineConfig.parse({}))).exposure;
  const flat = (await combineFlats(handles(flats), flatCombineConfig.parse({}))).exposure;
  const defects = findDefects({ dark, flats: [flat] }, defectConfig.parse({}));
  const { width } = dark.bbox;
  const covered = new Set(
    defects.flatMap((b) =>
      Array.from(
        { length: b.width * b.height },
        (_, i) => (b.y0 + Math.floor(i / b.width)) * width + b.x0 + (i % b.width),
      ),
    ),
  );
  for (const [x, y] of [
    [12, 9],
    [200 % width, Math.floor(200 / width)],
    [70, 0],
    [70, 79],
    [0, 40],
    [2, 40],
  ] as const) {
    assert.ok(covered.has(y * width + x), `(${x}, ${y})`);
  }
  assert.equal(covered.size, 1 + 1 + 80 + 3);
  assert.ok(defects.some((b) => b.width === 3 && b.height === 1));
});

test("boxes cover exactly the bad pixels", () => {
  const random = createRandom("boxes");
  const bbox = { x0: 5, y0: 7, width: 40, height: 30 };
  const bad = Uint8Array.from({ length: 1200 }, () => (random.uniform() < 0.2 ? 1 : 0));
  const seen = new Uint8Array(1200);
  for (const b of boxesOfBadPixels(bad, bbox)) {
    for (let y = b.y0; y < b.y0 + b.height; y++)
      for (let x = b.x0; x < b.x0 + b.width; x++) seen[(y - 7) * 40 + x - 5]!++;
  }
  assert.deepEqual(seen, bad);
});
