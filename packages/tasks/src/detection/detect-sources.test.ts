import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { convolveSeparable } from "@almagest/kernels";
import { countMatches, fieldNoiseFlux } from "./count-matches.ts";
import { detectSources, markFootprints } from "./detect-sources.ts";
import { footprintArea } from "./detections.ts";
import {
  createBlankField,
  createSyntheticPsf,
  drawSyntheticField,
  type SyntheticFieldOptions,
} from "./synthetic-field.ts";

const STARS: SyntheticFieldOptions = {
  seed: "stars",
  width: 1200,
  height: 1200,
  sources: 700,
  galaxyFraction: 0,
  psfSigma: 1.7,
  sky: 0,
  noise: 10,
  fluxMin: 250,
  fluxMax: 1e5,
  slope: 0.7,
  gain: 5,
};

test("a field of stars and galaxies is complete, and what is found is real", () => {
  const field = drawSyntheticField({ ...STARS, galaxyFraction: 0.4 });
  const found = detectSources(field.image, field.psf);
  const noise = fieldNoiseFlux(field);
  const { matched, spurious } = countMatches(field, found.x, found.y, 3);
  let [bright, brightFound, faint, faintFound] = [0, 0, 0, 0];
  for (let k = 0; k < field.count; k++) {
    if (field.isGalaxy[k]) continue;
    const snr = field.flux[k]! / noise;
    if (snr >= 10) {
      bright++;
      if (matched[k]! >= 0) brightFound++;
    } else if (snr > 4.7 && snr < 5.5) {
      faint++;
      if (matched[k]! >= 0) faintFound++;
    }
  }
  assert.ok(brightFound >= 0.96 * bright, `${brightFound} of ${bright} above 10 sigma`);
  assert.ok(faintFound >= 0.33 * faint, `${faintFound} of ${faint} about 5 sigma`);
  assert.ok(spurious <= 0.01 * found.count, `${spurious} of ${found.count} spurious`);
  assert.ok(found.noiseScale > 0.95 && found.noiseScale < 1.12, `scale ${found.noiseScale}`);
});

test("on noise alone nothing is found, correlated or not", () => {
  const random = createRandom("noise");
  const box = { x0: 0, y0: 0, width: 1000, height: 1000 };
  const field = createBlankField(box, 0, 1);
  for (let p = 0; p < field.image.data.length; p++) field.image.data[p] = random.normal();
  const psf = createSyntheticPsf(1.7);
  const white = detectSources(field, psf);
  assert.ok(white.count <= 1, `${white.count} in white noise`);
  assert.ok(Math.abs(white.noiseScale - 1) < 0.03, `scale ${white.noiseScale}`);
  // Warping correlates neighbours: the variance plane holds the pixels' variance and misses that.
  const kernel = Float32Array.of(0.25, 0.5, 0.25);
  const smooth = new Float32Array(field.image.data.length);
  convolveSeparable(field.image.data, 1000, 1000, kernel, kernel, smooth);
  field.image.data.set(smooth);
  field.variance.data.fill(0.375 ** 2);
  const correlated = detectSources(field, psf);
  assert.ok(correlated.noiseScale > 1.6, `scale ${correlated.noiseScale}`);
  assert.ok(correlated.count <= 1, `${correlated.count} in correlated noise`);
});

test("segments share out their footprint, positions lie in their segments, and the mask gets them", () => {
  const field = drawSyntheticField({ ...STARS, width: 500, height: 500, sources: 300, galaxyFraction: 0.5 });
  const found = detectSources(field.image, field.psf);
  const { footprints, segments } = found;
  const seen = new Set<number>();
  for (let k = 0; k < found.count; k++) {
    let holds = false;
    for (let r = segments.offsets[k]!; r < segments.offsets[k + 1]!; r++) {
      assert.ok(segments.x0[r]! >= 0 && segments.x1[r]! < 500 && segments.y[r]! >= 0 && segments.y[r]! < 500);
      for (let x = segments.x0[r]!; x <= segments.x1[r]!; x++) {
        const p = segments.y[r]! * 500 + x;
        assert.ok(!seen.has(p), "no pixel twice");
        seen.add(p);
        holds ||= Math.round(found.x[k]!) === x && Math.round(found.y[k]!) === segments.y[r]!;
      }
    }
    assert.ok(holds, `peak ${k} is in its segment`);
    if (k > 0) assert.ok(found.footprint[k]! >= found.footprint[k - 1]!);
  }
  let total = 0;
  for (let f = 0; f < footprints.count; f++) total += footprintArea(footprints, f);
  assert.equal(total, seen.size);
  markFootprints(field.image.mask, footprints);
  const detected = 1 << field.image.mask.planes.get("DETECTED")!;
  assert.equal(field.image.mask.data.filter((bits) => bits & detected).length, total);
});

test("two stars one and a half FWHM apart are two, one star is one however bright", () => {
  const psf = createSyntheticPsf(1.8);
  const field = createBlankField({ x0: 0, y0: 0, width: 120, height: 120 }, 0, 1);
  const random = createRandom("pair");
  const add = (x: number, y: number, flux: number): void => {
    const stamp = psf.imageAt(x, y);
    const half = stamp.size >> 1;
    for (let j = 0; j < stamp.size; j++) {
      for (let i = 0; i < stamp.size; i++) {
        const [px, py] = [Math.round(x) + i - half, Math.round(y) + j - half];
        if (px < 0 || py < 0 || px >= 120 || py >= 120) continue;
        field.image.data[py * 120 + px]! += flux * stamp.data[j * stamp.size + i]!;
      }
    }
  };
  add(40.3, 60.2, 2000);
  add(46.9, 60.4, 1100);
  add(90, 30, 1e5);
  for (let p = 0; p < field.image.data.length; p++) {
    field.variance.data[p] = 1 + field.image.data[p]! / 2;
    field.image.data[p]! += Math.sqrt(field.variance.data[p]!) * random.normal();
  }
  const found = detectSources(field, psf);
  assert.equal(found.count, 3);
  assert.equal(found.footprints.count, 2);
});

test("bad and undefined pixels are no sources; positions count from the box's corner", () => {
  const psf = createSyntheticPsf(1.8);
  const box = { x0: 1000, y0: -200, width: 200, height: 150 };
  const random = createRandom("bad");
  const field = createBlankField(box, 0, 1);
  for (let p = 0; p < field.image.data.length; p++) field.image.data[p] = random.normal();
  const bad = 1 << field.mask.planes.get("BAD")!;
  for (let y = 0; y < 150; y++) {
    field.image.data[y * 200 + 50] = 1e5;
    field.mask.data[y * 200 + 50] = bad;
    field.image.data[y * 200 + 199] = Number.NaN;
    field.variance.data[y * 200 + 199] = Number.NaN;
  }
  assert.equal(detectSources(field, psf).count, 0);
  field.image.data[75 * 200 + 120] = 400;
  const found = detectSources(field, psf);
  assert.equal(found.count, 1);
  assert.ok(Math.abs(found.x[0]! - 1120) < 0.5 && Math.abs(found.y[0]! + 125) < 0.5);
});

test("the same image gives the same bits", () => {
  const field = drawSyntheticField({ ...STARS, width: 400, height: 400, sources: 150 });
  assert.deepEqual(detectSources(field.image, field.psf), detectSources(field.image, field.psf));
});

test("isolated stars of S/N 5 are found more often than not, of S/N 10 always", () => {
  const psf = createSyntheticPsf(1.7);
  const squares = psf.kernelAt(0, 0).data.reduce((s, v) => s + v * v, 0);
  const found = [5, 10].map((snr) => {
    const random = createRandom(`snr ${snr}`);
    const field = createBlankField({ x0: 0, y0: 0, width: 1000, height: 1000 }, 0, 1);
    for (let p = 0; p < field.image.data.length; p++) field.image.data[p] = random.normal();
    for (let k = 0; k < 400; k++) {
      const x = 25 + 50 * (k % 20) + random.uniform();
      const y = 25 + 50 * Math.floor(k / 20) + random.uniform();
      const stamp = psf.imageAt(x, y);
      const half = stamp.size >> 1;
      for (let p = 0; p < stamp.data.length; p++) {
        const px = Math.round(x) - half + (p % stamp.size);
        const py = Math.round(y) - half + Math.floor(p / stamp.size);
        field.image.data[py * 1000 + px]! += (snr / Math.sqrt(squares)) * stamp.data[p]!;
      }
    }
    return detectSources(field, psf).count;
  });
  assert.ok(found[0]! >= 200, `${found[0]} of 400 at S/N 5`);
  assert.ok(found[1]! >= 398 && found[1]! <= 401, `${found[1]} of 400 at S/N 10`);
});
