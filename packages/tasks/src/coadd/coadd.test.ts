import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { createGaussianPsf, createMaskedImage, type Exposure } from "@almagest/images";
import { createTanWcs } from "@almagest/sphere";
import { BAD, CLIPPED, EDGE, INEXACT_PSF, NO_DATA, REJECTED, SAT, SENSOR_EDGE } from "../mask-bits.ts";
import { createMemoryHandle } from "../memory-handle.ts";
import { assembleCoadd } from "./assemble-coadd.ts";
import { coaddConfig } from "./coadd-config.ts";
import { ARTIFACT, keepConnected } from "./connected-pixels.ts";

const size = 160;
const bbox = { x0: 1000, y0: 2000, width: size, height: size };
const cd = [-0.2 / 3600, 0, 0, 0.2 / 3600] as const;
const wcs = createTanWcs({ crvalRaDeg: 10, crvalDecDeg: -20, crpixX: 1080, crpixY: 2080, cd });

interface Star {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
}

interface Visit {
  readonly seed: string;
  readonly sigma: number;
  readonly noise: number;
  readonly stars: readonly Star[];
}

/** One visit's warp: Gaussian stars of its seeing with shot noise, and sky noise. */
function visit({ seed, sigma, noise, stars }: Visit): Exposure {
  const random = createRandom(seed);
  const planes = createMaskedImage(bbox);
  for (let i = 0; i < size * size; i++) {
    const [x, y] = [i % size, Math.floor(i / size)];
    let light = 0;
    for (const star of stars) {
      const r2 = (x - star.x) ** 2 + (y - star.y) ** 2;
      if (r2 < 900) light += (star.flux / (2 * Math.PI * sigma ** 2)) * Math.exp(-r2 / (2 * sigma ** 2));
    }
    planes.image.data[i] = light + Math.sqrt(noise ** 2 + light) * random.normal();
    planes.variance.data[i] = noise ** 2 + light;
  }
  return {
    ...planes,
    unit: "nJy",
    wcs,
    psf: createGaussianPsf(sigma),
    filter: { band: "r", physical: "r_01" },
    metadata: {},
  };
}

const stars: readonly Star[] = [
  { x: 40.3, y: 40.6, flux: 200_000 },
  { x: 110.1, y: 50.9, flux: 30_000 },
  { x: 80.5, y: 120.2, flux: 3000 },
];

function visits(count: number, more: (n: number) => Partial<Visit> = () => ({})): Exposure[] {
  return Array.from({ length: count }, (_, n) =>
    visit({ seed: `visit ${n}`, sigma: 2, noise: 10, stars: [], ...more(n) }),
  );
}

const assemble = (warps: readonly Exposure[], config = {}) =>
  assembleCoadd(
    warps.map((warp, n) => createMemoryHandle(warp, { visit: 100 + n })),
    coaddConfig.parse(config),
  );

const rms = (values: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
};

function aperture(image: { data: Float32Array }, star: Star, radius: number): number {
  let sum = 0;
  image.data.forEach((v, i) => {
    if (Math.hypot((i % size) - star.x, Math.floor(i / size) - star.y) < radius) sum += v;
  });
  return sum;
}

/** Draws a satellite's trail of the given brightness over a visit. */
function addTrail(warp: Exposure, brightness: number): Set<number> {
  const hit = new Set<number>();
  for (let x = 0; x < size; x++) {
    for (let d = -4; d <= 4; d++) {
      const y = Math.round(20 + 0.7 * x) + d;
      if (y < 0 || y >= size) continue;
      warp.image.data[y * size + x]! += brightness * Math.exp((-d * d) / 8);
      if (Math.abs(d) <= 3) hit.add(y * size + x);
    }
  }
  return hit;
}

test("noise falls as the root of the number of visits, and the variance plane says so", async () => {
  for (const count of [1, 2, 3, 9]) {
    const { exposure, nImage, metrics } = await assemble(visits(count));
    const expected = 10 / Math.sqrt(count);
    assert.ok(
      Math.abs(rms(exposure.image.data) / expected - 1) < 0.03,
      `${count}: ${rms(exposure.image.data)}`,
    );
    assert.ok(Math.abs(Math.sqrt(exposure.variance.data[777]!) / expected - 1) < 0.01);
    assert.ok(Number(metrics.clippedPixels) < 1e-3 * size * size * count, String(metrics.clippedPixels));
    assert.equal(nImage.data[777], count);
    assert.equal(exposure.metadata.NINPUT, count);
  }
});

test("noisier visits weigh less, by their variance", async () => {
  const { exposure } = await assemble(visits(4, (n) => ({ noise: n < 2 ? 10 : 30 })));
  const expected = 1 / Math.sqrt(2 / 100 + 2 / 900);
  assert.ok(Math.abs(rms(exposure.image.data) / expected - 1) < 0.03);
  assert.ok(Math.abs(Number(exposure.metadata.WGT0001) - 0.45) < 0.005);
});

for (const count of [2, 3, 8]) {
  test(`a satellite's trail in one of ${count} visits goes and the stars stay`, async () => {
    const clean = visits(count, (n) => ({ stars, sigma: 1.8 + 0.15 * (n % 4) }));
    const reference = (await assemble(clean, { doArtifactRejection: false })).exposure;
    const hit = addTrail(clean[1]!, 150);
    const { exposure } = await assemble(clean);
    let [worst, flagged] = [0, 0];
    for (const at of hit) {
      const sigma = Math.sqrt(exposure.variance.data[at]!);
      worst = Math.max(worst, (exposure.image.data[at]! - reference.image.data[at]!) / sigma);
      if ((exposure.mask.data[at]! & CLIPPED) !== 0) flagged++;
    }
    assert.ok(flagged > 0.9 * hit.size, `${flagged} of ${hit.size}`);
    // Beside a bright star more is granted.
    assert.ok(worst < 7, `left over: ${worst}σ`);
    const core = Math.round(stars[1]!.y) * size + Math.round(stars[1]!.x);
    assert.equal(exposure.mask.data[core]! & (CLIPPED | INEXACT_PSF), 0);
    for (const star of [stars[1]!, stars[2]!]) {
      assert.ok(Math.abs(aperture(exposure.image, star, 9) / star.flux - 1) < 0.05 + 500 / star.flux);
    }
  });
}

test("bright stars keep their flux whatever the seeing of the visits", async () => {
  for (const count of [2, 6]) {
    const warps = visits(count, (n) => ({ stars, sigma: n % 2 === 0 ? 1.6 : 2.6 }));
    const { exposure, metrics } = await assemble(warps, { maxPsfFwhmArcsec: 3 });
    assert.ok(Number(metrics.clippedPixels) < 20, `${count}: ${metrics.clippedPixels}`);
    assert.ok(Math.abs(aperture(exposure.image, stars[0]!, 14) / stars[0]!.flux - 1) < 0.005);
    const width = exposure.psf!.sigmaAt(bbox.x0 + 40, bbox.y0 + 40);
    assert.ok(width > 1.6 && width < 2.6);
  }
});

test("a variable star and a supernova seen in half the visits are the sky, not artifacts", async () => {
  const warps = visits(8, (n) => ({
    stars: [
      { x: 50, y: 50, flux: n % 2 === 0 ? 20_000 : 30_000 },
      { x: 100, y: 100, flux: n < 4 ? 0 : 8000 },
    ],
  }));
  const { exposure } = await assemble(warps);
  assert.ok(Math.abs(aperture(exposure.image, { x: 50, y: 50, flux: 0 }, 10) / 25_000 - 1) < 0.02);
  assert.ok(Math.abs(aperture(exposure.image, { x: 100, y: 100, flux: 0 }, 10) / 4000 - 1) < 0.1);
});

test("of two visits a star that doubles stays, and what shines on blank sky or far outshines it goes", async () => {
  const warps = visits(2, (n) => ({
    stars: [
      { x: 50, y: 50, flux: n === 0 ? 10_000 : 25_000 },
      { x: 100, y: 100, flux: n === 0 ? 0 : 9000 },
      { x: 50, y: 110, flux: n === 0 ? 2000 : 40_000 },
    ],
  }));
  const { exposure } = await assemble(warps);
  const clippedAt = (x: number, y: number) => (exposure.mask.data[y * size + x]! & CLIPPED) !== 0;
  assert.deepEqual([clippedAt(50, 50), clippedAt(100, 100), clippedAt(50, 110)], [false, true, true]);
  assert.ok(Math.abs(aperture(exposure.image, { x: 50, y: 50, flux: 0 }, 10) / 17_500 - 1) < 0.03);
  assert.ok(Math.abs(aperture(exposure.image, { x: 100, y: 100, flux: 0 }, 6)) < 1500);
});

test("bad pixels are left out and said so; where all are bad the interpolated values stand in", async () => {
  const warps = visits(4);
  const [first, second] = warps as [Exposure, Exposure];
  first.mask.data[100] = BAD;
  first.image.data[100] = 1e6;
  for (const warp of warps) warp.mask.data[200] = SAT;
  for (const warp of warps) {
    warp.mask.data[300] = NO_DATA;
    warp.image.data[300] = Number.NaN;
  }
  second.mask.data[400] = NO_DATA;
  second.image.data[400] = Number.NaN;
  first.mask.data[500] = EDGE;
  const { exposure, nImage } = await assemble(warps);
  assert.equal(exposure.mask.data[100], REJECTED | INEXACT_PSF);
  assert.ok(Math.abs(exposure.image.data[100]!) < 40);
  assert.equal(nImage.data[100], 3);
  assert.equal(exposure.mask.data[200], SAT | REJECTED | INEXACT_PSF);
  assert.ok(Number.isFinite(exposure.image.data[200]!));
  assert.equal(nImage.data[200], 0);
  assert.equal(exposure.mask.data[300], NO_DATA);
  assert.ok(Number.isNaN(exposure.image.data[300]!));
  assert.equal(exposure.mask.data[400], 0);
  assert.equal(nImage.data[400], 3);
  assert.equal(exposure.mask.data[500], SENSOR_EDGE);
});

test("visits of poor seeing are left out, unless all are poor", async () => {
  const mixed = visits(4, (n) => ({ sigma: n === 3 ? 5 : 2 }));
  assert.equal((await assemble(mixed)).metrics.visits, 3);
  const poor = visits(3, () => ({ sigma: 5 }));
  assert.equal((await assemble(poor)).metrics.visits, 3);
});

test("strips of rows give the same coadd as all rows at once", async () => {
  const warps = visits(4, (n) => ({ stars, sigma: 1.8 + 0.1 * n }));
  addTrail(warps[2]!, 150);
  const whole = await assemble(warps);
  const strips = await assemble(warps, { maxMegabytes: 0.8 });
  assert.deepEqual(strips.exposure.variance.data.length, whole.exposure.variance.data.length);
  let different = 0;
  whole.exposure.mask.data.forEach((bits, i) => {
    if (bits !== strips.exposure.mask.data[i]) different++;
    else assert.equal(strips.exposure.image.data[i], whole.exposure.image.data[i]);
  });
  // The scale of the differences is measured per strip, so a few pixels at an artifact's rim may differ.
  assert.ok(different < 0.01 * size * size, String(different));
});

test("nothing to combine is an error with advice", async () => {
  await assert.rejects(assemble([]), { code: "TASKS.NO_FRAMES" });
});

test("weak pixels stay only where they touch enough others and a strong one", () => {
  const marks = Uint8Array.from([
    ...[1, 1, 0, 0, 0, 2],
    ...[0, 2, 0, 0, 0, 0],
    ...[0, 0, 1, 0, 1, 1],
    ...[0, 0, 0, 0, 1, 1],
  ]);
  const seeds = [5, 7];
  assert.deepEqual(
    keepConnected(marks, seeds, 6, 4).sort((a, b) => a - b),
    [0, 1, 7, 14],
  );
  assert.deepEqual(
    [...marks].flatMap((mark, at) => (mark === ARTIFACT ? [at] : [])),
    [0, 1, 7, 14],
  );
});
