import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { MASK_PLANES, type MaskedImage } from "@almagest/images";
import { BAD, CR, INTRP } from "../mask-bits.ts";
import { cosmicRayConfig } from "./cosmic-ray-config.ts";
import { findCosmicRays } from "./find-cosmic-rays.ts";
import { createSyntheticRays, scoreRays } from "./synthetic-rays.ts";

const sky = { size: 384, sky: 400, readNoise: 6, stars: 300, galaxies: 60, rays: 100 };
const config = cosmicRayConfig.parse({ doInterpolate: false });

for (const sigma of [0.85, 1.2, 1.7, 2.5]) {
  test(`rays are found and stars of σ = ${sigma} px are spared`, () => {
    const scene = createSyntheticRays({ ...sky, sigma, seed: `rays ${sigma}` });
    const found = findCosmicRays(scene.image, config);
    const { purity, completeness } = scoreRays(scene);
    assert.ok(purity > 0.9, `purity ${purity}`);
    assert.ok(completeness > 0.9, `completeness ${completeness}`);
    assert.ok(found.rays.length > 60);
  });

  test(`a sky without rays keeps its stars of σ = ${sigma} px`, () => {
    const scene = createSyntheticRays({ ...sky, rays: 0, sigma, seed: `calm ${sigma}` });
    findCosmicRays(scene.image, config);
    assert.ok(scoreRays(scene).eatenStars <= 1);
  });
}

test("a severely undersampled sky loses at most one star in a hundred", () => {
  const scene = createSyntheticRays({ ...sky, rays: 0, sigma: 0.6, seed: "under" });
  const found = findCosmicRays(scene.image, config);
  assert.ok(Math.abs(found.psfSigmaPixels - 0.6) < 0.08, String(found.psfSigmaPixels));
  assert.ok(scoreRays(scene).eatenStars <= 3);
});

test("pixels of rays are bridged and masked pixels take no part", () => {
  const bbox = { x0: 0, y0: 0, width: 64, height: 64 };
  const image: MaskedImage = {
    bbox,
    image: { bbox, data: new Float32Array(64 * 64).fill(100) },
    variance: { bbox, data: new Float32Array(64 * 64).fill(100) },
    mask: { bbox, data: new Uint32Array(64 * 64), planes: MASK_PLANES },
  };
  image.image.data[20 * 64 + 30] = 5000;
  image.image.data[20 * 64 + 31] = 3000;
  image.image.data[40 * 64 + 10] = 9000;
  image.mask.data[40 * 64 + 10] = BAD;
  const found = findCosmicRays(image, cosmicRayConfig.parse({ psfSigmaPixels: 1.5 }));
  assert.equal(found.rays.length, 1);
  assert.deepEqual(found.rays[0]?.pixels, [20 * 64 + 30, 20 * 64 + 31]);
  assert.ok(Math.abs(found.rays[0]!.flux - 7800) < 1e-6);
  assert.equal(image.mask.data[20 * 64 + 30], CR | INTRP);
  assert.equal(image.image.data[20 * 64 + 30], 100);
  assert.equal(image.mask.data[40 * 64 + 10], BAD);
});

const gmos = join(import.meta.dirname, "../../../../../shared/data/cosmic_rays_gmos/gmos.fits.gz");

/** The image extensions of the GMOS cut-out: 200 × 150 big-endian floats after headers of whole blocks. */
function floatExtensions(bytes: Buffer): Float32Array[] {
  const planes: Float32Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (!/^END {77}/.test(bytes.toString("latin1", end, end + 80))) end += 80;
    const start = at + Math.ceil((end + 80 - at) / 2880) * 2880;
    if (!bytes.toString("latin1", at, at + 80).startsWith("XTENSION")) at = start;
    else {
      planes.push(Float32Array.from({ length: 200 * 150 }, (_, i) => bytes.readFloatBE(start + 4 * i)));
      at = start + Math.ceil((200 * 150 * 4) / 2880) * 2880;
    }
  }
  return planes;
}

test("on a real GMOS exposure the rays' light goes and the rest stays", async (t) => {
  if (!existsSync(gmos)) return t.skip("needs shared/data/cosmic_rays_gmos: gmos.fits.gz");
  const [science, variance, fit] = floatExtensions(gunzipSync(await readFile(gmos)));
  const bbox = { x0: 0, y0: 0, width: 200, height: 150 };
  const image: MaskedImage = {
    bbox,
    image: { bbox, data: science!.map((v, i) => v - fit![i]!) },
    variance: { bbox, data: variance! },
    mask: { bbox, data: new Uint32Array(200 * 150), planes: MASK_PLANES },
  };
  const before = image.image.data.filter((v, i) => v > 10 * Math.sqrt(variance![i]!)).length;
  const found = findCosmicRays(image, cosmicRayConfig.parse({}));
  const after = image.image.data.filter((v, i) => v > 10 * Math.sqrt(variance![i]!)).length;
  // L.A.Cosmic (astroscrappy 1.3: sigclip 4.5, sigfrac 0.3, objlim 5, median fine structure) masks 162 pixels here.
  assert.ok(found.pixels > 145 && found.pixels < 180, String(found.pixels));
  assert.ok(before > 80 && after <= 0.05 * before, `${before} ${after}`);
});
