import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { type Box, createGaussianPsf, createMaskedImage, type Exposure } from "@almagest/images";
import { createSkyMap, createTanWcs, type SkyWcs } from "@almagest/sphere";
import { syntheticVisitInfo } from "../isr/synthetic-raw.ts";
import { NO_DATA, SAT } from "../mask-bits.ts";
import { createMemoryHandle } from "../memory-handle.ts";
import { makeDirectWarp } from "./make-direct-warp.ts";
import { directWarpConfig, warpConfig } from "./warp-config.ts";
import { warpExposure } from "./warp-exposure.ts";

const config = warpConfig.parse({});

/** A tangent plane at (10°, −20°): scale in arcsec, turned by an angle, reference pixel at the given place. */
function plane(scaleArcsec: number, angleDeg: number, x: number, y: number): SkyWcs {
  const scale = scaleArcsec / 3600;
  const [c, s] = [Math.cos((angleDeg * Math.PI) / 180) * scale, Math.sin((angleDeg * Math.PI) / 180) * scale];
  return createTanWcs({ crvalRaDeg: 10, crvalDecDeg: -20, crpixX: x, crpixY: y, cd: [-c, s, s, c] });
}

function exposureOf(bbox: Box, wcs: SkyWcs, value: (x: number, y: number) => number, variance = 1): Exposure {
  const planes = createMaskedImage(bbox);
  for (let i = 0; i < planes.image.data.length; i++) {
    planes.image.data[i] = value(bbox.x0 + (i % bbox.width), bbox.y0 + Math.floor(i / bbox.width));
    planes.variance.data[i] = variance;
  }
  return { ...planes, unit: "nJy", wcs, metadata: {} };
}

const star = (x0: number, y0: number, sigma: number, flux: number) => (x: number, y: number) =>
  (flux / (2 * Math.PI * sigma ** 2)) * Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma ** 2));

/** Flux and centroid of what is on an image. */
function moments(image: { bbox: Box; data: Float32Array }): { flux: number; x: number; y: number } {
  let [flux, x, y] = [0, 0, 0];
  image.data.forEach((v, i) => {
    if (!Number.isFinite(v)) return;
    flux += v;
    x += v * (image.bbox.x0 + (i % image.bbox.width));
    y += v * (image.bbox.y0 + Math.floor(i / image.bbox.width));
  });
  return { flux, x: x / flux, y: y / flux };
}

test("a star keeps its flux and place through shift, rotation and change of scale", () => {
  const source = { x0: 100, y0: 50, width: 121, height: 111 };
  for (const [scale, angle, dx, dy] of [
    [0.2, 0, 0.37, 0.61],
    [0.2, 33, 0.1, -0.4],
    [0.15, 170, 3.3, 4.7],
    [0.25, -62, -2.2, 0.5],
  ] as const) {
    const wcs = plane(0.2, 0, 160, 105);
    const target = plane(scale, angle, dx, dy);
    const exposure = exposureOf(source, wcs, star(158.3, 106.8, 2.2, 5000));
    const warped = warpExposure(exposure, target, { x0: -300, y0: -300, width: 600, height: 600 }, config);
    const found = moments(warped!.image);
    const sky = wcs.pixelToSky(158.3, 106.8);
    const expected = target.skyToPixel(sky.raDeg, sky.decDeg);
    assert.ok(Math.abs(found.flux / 5000 - 1) < 1e-3, `${angle}: flux ${found.flux}`);
    // Normalised Lanczos weights miss their first moment by up to 0.014 px per axis; at one phase all over, it shows.
    assert.ok(
      Math.hypot(found.x - expected.x, found.y - expected.y) < 0.02,
      `${angle}: place ${found.x - expected.x} ${found.y - expected.y}`,
    );
  }
});

test("on its own pixels an image comes back unchanged within the kernel's border", () => {
  const random = createRandom("same");
  const bbox = { x0: 0, y0: 0, width: 40, height: 30 };
  const wcs = plane(0.2, 10, 20, 15);
  const exposure = exposureOf(bbox, wcs, () => random.normal());
  const warped = warpExposure(exposure, wcs, bbox, config)!;
  let compared = 0;
  warped.image.data.forEach((v, i) => {
    if ((warped.mask.data[i]! & NO_DATA) !== 0) return;
    const x = warped.bbox.x0 + (i % warped.bbox.width);
    const y = warped.bbox.y0 + Math.floor(i / warped.bbox.width);
    assert.ok(Math.abs(v - exposure.image.data[y * 40 + x]!) < 1e-3);
    compared++;
  });
  assert.ok(compared >= 34 * 24);
});

test("the variance plane tells the scatter of warped noise", () => {
  const random = createRandom("noise");
  const bbox = { x0: 0, y0: 0, width: 300, height: 300 };
  const exposure = exposureOf(bbox, plane(0.2, 0, 150, 150), () => 3 * random.normal(), 9);
  const warped = warpExposure(
    exposure,
    plane(0.25, 20, 100.3, 100.2),
    { ...bbox, width: 200, height: 200 },
    config,
  )!;
  let [chi2, count] = [0, 0];
  warped.image.data.forEach((v, i) => {
    if ((warped.mask.data[i]! & NO_DATA) !== 0) return;
    chi2 += v ** 2 / warped.variance.data[i]!;
    count++;
  });
  assert.ok(count > 30_000);
  assert.ok(Math.abs(chi2 / count - 1) < 0.03, String(chi2 / count));
});

test("mask bits follow their pixels, and what lies outside or on NO_DATA has no data", () => {
  const bbox = { x0: 0, y0: 0, width: 60, height: 60 };
  const wcs = plane(0.2, 0, 30, 30);
  const exposure = exposureOf(bbox, wcs, () => 1);
  exposure.mask.data[20 * 60 + 25] = SAT;
  exposure.mask.data[40 * 60 + 40] = NO_DATA;
  const target = plane(0.2, 0, 30.5, 30.5);
  const warped = warpExposure(exposure, target, { x0: -50, y0: -50, width: 200, height: 200 }, config)!;
  const bits = (x: number, y: number) =>
    warped.mask.data[(y - warped.bbox.y0) * warped.bbox.width + x - warped.bbox.x0]!;
  assert.ok((bits(25, 20) & SAT) !== 0);
  assert.ok((bits(26, 21) & SAT) !== 0);
  assert.equal(bits(28, 20), 0);
  assert.ok((bits(40, 40) & NO_DATA) !== 0 && (bits(43, 43) & NO_DATA) !== 0);
  assert.equal(bits(44, 44), 0);
  assert.ok((bits(1, 30) & NO_DATA) !== 0);
  assert.equal(bits(4, 30), 0);
  const far = { x0: 5000, y0: 5000, width: 10, height: 10 };
  assert.equal(warpExposure(exposure, target, far, config), undefined);
});

test("a visit's detectors join on a patch in nJy, each with its own PSF", async () => {
  const skyMap = createSkyMap({
    kind: "discrete",
    name: "test",
    pixelScaleArcsec: 0.2,
    patches: { kind: "legacy", innerWidth: 400, innerHeight: 400, border: 10 },
    tractOverlapDeg: 0,
    tracts: [{ raDeg: 10, decDeg: -20, radiusDeg: 0.01 }],
  });
  const tract = skyMap.tract(0);
  const patch = tract.findPatch(10, -20)!;
  const centre = patch.wcs.skyToPixel(10, -20);
  const detectors = [0, 1].map((n) => {
    // Two detectors, left and right of the tract's middle, with a gap of 6 pixels.
    const bbox = { x0: 0, y0: 0, width: 100, height: 160 };
    const wcs = plane(0.2, 0, n === 0 ? 103 : -3, 80);
    const exposure = exposureOf(bbox, wcs, () => 10 * (n + 1), 4);
    return createMemoryHandle(
      {
        ...exposure,
        unit: "electron",
        photoCalib: { nanojanskyPerUnit: n === 0 ? 2 : 3, error: 0 },
        psf: createGaussianPsf(1.5 + n),
        detector: { id: n, name: `D${n}` },
        filter: { band: "r", physical: "r_01" },
      },
      { detector: n },
    );
  });
  const dataId = { tract: 0, patch: patch.index, visit: 7 };
  const { exposure, metrics } = await makeDirectWarp(detectors, dataId, skyMap, directWarpConfig.parse({}));
  assert.ok(exposure);
  assert.deepEqual(exposure.bbox, patch.outerBox);
  assert.equal(exposure.unit, "nJy");
  assert.equal(exposure.metadata.DETLIST, "0,1");
  assert.ok(metrics.coveredFraction! > 0.1 && metrics.coveredFraction! < 1);
  const at = (plane: ArrayLike<number>, x: number, y: number) =>
    plane[(y - exposure.bbox.y0) * exposure.bbox.width + x - exposure.bbox.x0]!;
  const [cx, cy] = [Math.round(centre.x), Math.round(centre.y)];
  assert.ok(Math.abs(at(exposure.image.data, cx - 15, cy) - 20) < 0.01);
  assert.ok(Math.abs(at(exposure.image.data, cx + 15, cy) - 60) < 0.01);
  // At a whole-pixel phase no noise is lost to the kernel: variance × scale².
  assert.ok(at(exposure.variance.data, cx + 15, cy) <= 4 * 9 * 1.001);
  assert.ok((at(exposure.mask.data, cx, cy) & NO_DATA) !== 0);
  assert.ok(Number.isNaN(at(exposure.image.data, cx, cy)));
  assert.ok(Math.abs(exposure.psf!.sigmaAt(cx - 15, cy) - 1.5) < 0.1);
  assert.ok(Math.abs(exposure.psf!.sigmaAt(cx + 15, cy) - 2.5) < 0.1);
});

test("images without astrometry are refused or left out, without photometry refused or scaled", async () => {
  const bbox = { x0: 0, y0: 0, width: 200, height: 200 };
  const wcs = plane(0.2, 0, 100, 100);
  const skyMap = createSkyMap({
    kind: "discrete",
    name: "test",
    pixelScaleArcsec: 0.2,
    patches: { kind: "legacy", innerWidth: 50, innerHeight: 50, border: 0 },
    tractOverlapDeg: 0,
    tracts: [{ raDeg: 10, decDeg: -20, radiusDeg: 0.001 }],
  });
  const dataId = { tract: 0, patch: 0, visit: 1 };
  const seen = exposureOf(bbox, wcs, () => 90);
  const { wcs: _, ...blind } = seen;
  assert.throws(() => warpExposure(blind, wcs, bbox, config), { code: "TASKS.NO_WCS" });
  const make = (exposure: Exposure, options = {}) =>
    makeDirectWarp([createMemoryHandle(exposure)], dataId, skyMap, directWarpConfig.parse(options));
  assert.equal((await make(blind)).exposure, undefined);
  const counts: Exposure = {
    ...seen,
    unit: "electron",
    visitInfo: { ...syntheticVisitInfo, exposureSec: 30 },
  };
  await assert.rejects(make(counts), { code: "TASKS.NOT_CALIBRATED" });
  const { exposure } = await make(counts, { zeroPointOfElectronPerSec: 31.4 });
  assert.ok(Math.abs(exposure!.image.data[1000]! - 3) < 0.01);
});
