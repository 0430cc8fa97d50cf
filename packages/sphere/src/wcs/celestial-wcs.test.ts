import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { angularSeparationArcsec } from "../angle.ts";
import { parseWcs } from "./parse-wcs.ts";
import { shiftWcs } from "./shift-wcs.ts";
import { createTanSipWcs, createTanWcs } from "./tan-wcs.ts";

interface WcsCase {
  readonly header: Readonly<Record<string, string | number>>;
  readonly pixels: readonly (readonly [number, number])[];
  readonly sky: readonly (readonly [number, number])[];
}

const cases: readonly WcsCase[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/wcs-cases.json"), "utf8"),
);

test("60 headers give astropy's positions, the pixels back to 1e-9, and headers that give the same", () => {
  for (const { header, pixels, sky } of cases) {
    const wcs = parseWcs((key) => header[key]);
    const cards = new Map(wcs.toFitsCards());
    const again = parseWcs((key) => cards.get(key));
    pixels.forEach(([x, y], i) => {
      const { raDeg, decDeg } = wcs.pixelToSky(x, y);
      const off = angularSeparationArcsec(raDeg, decDeg, sky[i]![0], sky[i]![1]) / wcs.pixelScaleArcsec(x, y);
      assert.ok(off < 3e-9, `${header.CTYPE1}: ${off} pixel from astropy`);
      const back = wcs.skyToPixel(raDeg, decDeg);
      const error = Math.hypot(back.x - x, back.y - y);
      assert.ok(error < 1e-9, `${header.CTYPE1}: round trip off by ${error}`);
      const same = again.pixelToSky(x, y);
      assert.ok(
        angularSeparationArcsec(raDeg, decDeg, same.raDeg, same.decDeg) < 1e-9,
        String(header.CTYPE1),
      );
    });
  }
});

const scale = 0.2 / 3600;
const base = {
  crvalRaDeg: 0.001,
  crvalDecDeg: -45,
  crpixX: 2000,
  crpixY: 2000,
  cd: [-scale, 0, 0, scale],
} as const;

test("arrays give the same as single positions, also into themselves, and RA stays in [0, 360)", () => {
  const a = new Float64Array(16);
  a[2 * 4] = 2e-7;
  const wcs = createTanSipWcs({ ...base, sip: { order: 3, a, b: a } });
  const random = createRandom("arrays");
  const x = Float64Array.from({ length: 1000 }, () => random.uniform() * 4000);
  const y = Float64Array.from({ length: 1000 }, () => random.uniform() * 4000);
  const [ra, dec] = [x.slice(), y.slice()];
  wcs.pixelToSkyArrays(ra, dec, ra, dec);
  ra.forEach((raDeg, i) => {
    assert.deepEqual({ raDeg, decDeg: dec[i]! }, wcs.pixelToSky(x[i]!, y[i]!));
    assert.ok(raDeg >= 0 && raDeg < 360);
  });
  wcs.skyToPixelArrays(ra, dec, ra, dec);
  ra.forEach((value, i) => {
    assert.ok(Math.abs(value - x[i]!) < 1e-9 && Math.abs(dec[i]! - y[i]!) < 1e-9);
  });
});

test("a shifted WCS sees a cutout's pixels", () => {
  const wcs = createTanWcs(base);
  const shifted = shiftWcs(wcs, -300, -40);
  assert.deepEqual(shifted.pixelToSky(10, 20), wcs.pixelToSky(310, 60));
  assert.equal(new Map(shifted.toFitsCards()).get("CRPIX1"), 1701);
  const foreign = shiftWcs({ ...wcs }, -300, -40);
  const { raDeg, decDeg } = foreign.pixelToSky(10, 20);
  assert.deepEqual(foreign.pixelToSky(10, 20), shifted.pixelToSky(10, 20));
  assert.ok(Math.abs(foreign.skyToPixel(raDeg, decDeg).x - 10) < 1e-9);
  assert.equal(new Map(foreign.toFitsCards()).get("CRPIX2"), 1961);
});

test("the far side of the sky is NaN, and no distant position falls into a distorted image", () => {
  const a = new Float64Array(16);
  a[3 * 4] = 3e-9;
  a[1] = 0;
  const wcs = createTanSipWcs({ ...base, sip: { order: 3, a, b: a } });
  const random = createRandom("sky");
  for (let i = 0; i < 2000; i++) {
    const raDeg = random.uniform() * 360;
    const decDeg = (Math.asin(2 * random.uniform() - 1) * 180) / Math.PI;
    const { x, y } = wcs.skyToPixel(raDeg, decDeg);
    const apart = angularSeparationArcsec(raDeg, decDeg, base.crvalRaDeg, base.crvalDecDeg);
    if (apart > 324_000) assert.ok(Number.isNaN(x) && Number.isNaN(y));
    else if (apart > 1000) assert.ok(!(Math.abs(x - 2000) < 2000 && Math.abs(y - 2000) < 2000));
  }
});

test("the pixel scale is the root of a pixel's area", () => {
  assert.ok(Math.abs(createTanWcs(base).pixelScaleArcsec(2000, 2000) - 0.2) < 1e-9);
  const atPole = createTanWcs({ ...base, crvalDecDeg: 90 });
  assert.ok(Math.abs(atPole.pixelScaleArcsec(2000, 2000) - 0.2) < 1e-9);
  assert.equal(new Map(createTanWcs(base).toFitsCards()).get("CTYPE1"), "RA---TAN");
});
