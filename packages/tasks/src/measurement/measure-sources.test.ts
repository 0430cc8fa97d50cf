import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { getColumn, getNumbers } from "@almagest/tables";
import { countMatches, fieldNoiseFlux } from "../detection/count-matches.ts";
import { detectSources } from "../detection/detect-sources.ts";
import { createBlankField, createSyntheticPsf, drawSyntheticField } from "../detection/synthetic-field.ts";
import { medianOf, robustStatistics } from "../median.ts";
import { measureSources } from "./measure-sources.ts";

const FIELD = {
  seed: "measure",
  width: 1400,
  height: 1400,
  sources: 900,
  galaxyFraction: 0.3,
  psfSigma: 1.7,
  psfEllipticity: 0.08,
  sky: 0,
  noise: 10,
  fluxMin: 700,
  fluxMax: 2e5,
  slope: 0.6,
  gain: 5,
  separation: 12,
};

test("positions and PSF fluxes of stars are unbiased and their errors honest", () => {
  const field = drawSyntheticField(FIELD);
  const found = detectSources(field.image, field.psf);
  const table = measureSources(field.image, field.psf, found);
  const [x, y] = [getNumbers(table, "x"), getNumbers(table, "y")];
  const { matched } = countMatches(field, x, y, 2);
  const noise = fieldNoiseFlux(field);
  const [pullX, pullY, pullFlux, pull6]: number[][] = [[], [], [], []];
  const [brightFlux, brightX, brightY]: number[][] = [[], [], []];
  const read = (name: string): Float64Array => getNumbers(table, name) as Float64Array;
  let [stars, starsExtended, galaxies, galaxiesExtended] = [0, 0, 0, 0];
  for (let k = 0; k < field.count; k++) {
    const row = matched[k]!;
    const snr = field.flux[k]! / noise;
    if (row < 0 || snr < 10) continue;
    const extended = read("extendedness")[row]!;
    if (field.isGalaxy[k]) {
      if (snr > 50) {
        galaxies++;
        galaxiesExtended += extended;
      }
      continue;
    }
    stars++;
    starsExtended += extended;
    const flux = read("psfFlux")[row]! - field.flux[k]!;
    pullX!.push((x[row]! - field.x[k]!) / read("xErr")[row]!);
    pullY!.push((y[row]! - field.y[k]!) / read("yErr")[row]!);
    pullFlux!.push(flux / read("psfFluxErr")[row]!);
    pull6!.push((read("ap06Flux")[row]! - 0.9999 * field.flux[k]!) / read("ap06FluxErr")[row]!);
    if (snr < 100) continue;
    brightFlux!.push(flux / field.flux[k]!);
    brightX!.push(x[row]! - field.x[k]!);
    brightY!.push(y[row]! - field.y[k]!);
  }
  assert.ok(stars > 400 && brightFlux!.length > 60, `${stars} stars, ${brightFlux!.length} bright`);
  for (const [name, pulls] of Object.entries({ x: pullX!, y: pullY!, psfFlux: pullFlux! })) {
    const { median, sigma } = robustStatistics(pulls);
    assert.ok(Math.abs(sigma - 1) < 0.1, `pull of ${name}: ${sigma}`);
    assert.ok(Math.abs(median) < 0.15, `mean pull of ${name}: ${median}`);
  }
  assert.ok(Math.abs(medianOf(brightFlux!)) < 0.002, `flux bias ${medianOf(brightFlux!)}`);
  assert.ok(Math.abs(medianOf(brightX!)) < 0.01, `x bias ${medianOf(brightX!)}`);
  assert.ok(Math.abs(medianOf(brightY!)) < 0.01, `y bias ${medianOf(brightY!)}`);
  assert.ok(starsExtended < 0.05 * stars, `${starsExtended} of ${stars} stars called extended`);
  assert.ok(galaxiesExtended > 0.95 * galaxies, `${galaxiesExtended} of ${galaxies} galaxies`);
});

/** A quiet field with point sources of the synthetic PSF. */
function drawPair(seed: string, places: ReadonlyArray<readonly [x: number, y: number, flux: number]>) {
  const psf = createSyntheticPsf(1.8);
  const field = createBlankField({ x0: 500, y0: 300, width: 100, height: 100 }, 0, 4);
  const random = createRandom(seed);
  for (const [x, y, flux] of places) {
    const stamp = psf.imageAt(x, y);
    const half = stamp.size >> 1;
    for (let p = 0; p < stamp.data.length; p++) {
      const px = Math.round(x) - half + (p % stamp.size);
      const py = Math.round(y) - half + Math.floor(p / stamp.size);
      if (px >= 0 && py >= 0 && px < 100 && py < 100)
        field.image.data[py * 100 + px]! += flux * stamp.data[p]!;
    }
  }
  for (let p = 0; p < field.image.data.length; p++) field.image.data[p]! += 2 * random.normal();
  return { field, psf };
}

test("a blended pair gets both fluxes and positions right", () => {
  const errors: number[] = [];
  const offsets: number[] = [];
  for (let trial = 0; trial < 25; trial++) {
    const { field, psf } = drawPair(`pair ${trial}`, [
      [45.2, 50.4, 8000],
      [52.3, 51.1, 5000],
    ]);
    const found = detectSources(field, psf, { noiseScale: 1 });
    assert.equal(found.count, 2);
    const table = measureSources(field, psf, found);
    const order = getNumbers(table, "x")[0]! < getNumbers(table, "x")[1]! ? [0, 1] : [1, 0];
    [8000, 5000].forEach((flux, k) => {
      const row = order[k]!;
      errors.push((getNumbers(table, "psfFlux")[row]! - flux) / getNumbers(table, "psfFluxErr")[row]!);
      offsets.push((getNumbers(table, "x")[row]! - [545.2, 552.3][k]!) / getNumbers(table, "xErr")[row]!);
    });
    assert.deepEqual(Array.from(getColumn(table, "deblend_nPeaks").data as Int32Array), [2, 2]);
  }
  const flux = robustStatistics(errors);
  const position = robustStatistics(offsets);
  assert.ok(Math.abs(flux.median) < 0.6 && flux.sigma < 1.4, `flux pulls ${flux.median} ± ${flux.sigma}`);
  assert.ok(Math.abs(position.median) < 0.6 && position.sigma < 1.5, `x pulls ${position.sigma}`);
});

test("aperture fluxes do not hold the neighbour's light", () => {
  const { field, psf } = drawPair("neighbour", [
    [35, 50, 4000],
    [57, 50, 40000],
  ]);
  const found = detectSources(field, psf, { noiseScale: 1 });
  const table = measureSources(field, psf, found);
  const row = getNumbers(table, "psfFlux")[0]! < 20000 ? 0 : 1;
  const flux = getNumbers(table, "ap17Flux")[row]!;
  assert.ok(Math.abs(flux / 4000 - 1) < 0.06, `17-pixel flux ${flux}`);
});

test("flags tell what the pixels are, and undefined pixels spoil nothing", () => {
  const { field, psf } = drawPair("flags", [
    [30, 30, 5000],
    [70.4, 60.2, 9000],
    [97, 20, 9000],
  ]);
  const bit = (name: string): number => 1 << field.mask.planes.get(name)!;
  field.mask.data[60 * 100 + 70] = bit("SAT");
  field.mask.data[32 * 100 + 33] = bit("CR");
  for (let y = 0; y < 100; y++) {
    field.image.data[y * 100 + 99] = Number.NaN;
    field.variance.data[y * 100 + 99] = Number.NaN;
    field.mask.data[y * 100 + 99] = bit("NO_DATA");
  }
  const found = detectSources(field, psf, { noiseScale: 1 });
  const table = measureSources(field, psf, found);
  const near = (x: number): number =>
    Array.from(getNumbers(table, "x")).findIndex((v) => Math.abs(v - x) < 2);
  const flag = (name: string, row: number): number => (getColumn(table, name).data as Uint8Array)[row]!;
  assert.equal(flag("pixelFlags_saturatedCenter", near(570)), 1);
  assert.equal(flag("pixelFlags_saturatedCenter", near(530)), 0);
  assert.equal(flag("pixelFlags_cr", near(530)), 1);
  assert.equal(flag("pixelFlags_crCenter", near(530)), 0);
  const edge = near(597);
  assert.equal(flag("pixelFlags_nodata", edge), 1);
  assert.equal(flag("ap12Flux_flag", edge), 1);
  assert.ok(Number.isFinite(getNumbers(table, "psfFlux")[edge]!));
  assert.ok(Math.abs(getNumbers(table, "psfFlux")[edge]! / 9000 - 1) < 0.1);
});

test("the same input gives the same bits, and the image is left as it was", () => {
  const { field, psf } = drawPair("again", [
    [40, 40, 5000],
    [46, 41, 4000],
  ]);
  const before = field.image.data.slice();
  const found = detectSources(field, psf);
  const [a, b] = [measureSources(field, psf, found), measureSources(field, psf, found)];
  assert.deepEqual(a, b);
  assert.deepEqual(field.image.data, before);
});
