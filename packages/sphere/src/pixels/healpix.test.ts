import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { offsetPosition } from "../angle.ts";
import { createCircle } from "../regions/circle.ts";
import { createConvexPolygon } from "../regions/convex-polygon.ts";
import { regionContains } from "../regions/region-bounds.ts";
import { createSkyBox } from "../regions/sky-box.ts";
import { createUnitVector } from "../unit-vector.ts";
import { createHealpixPixelization } from "./healpix.ts";
import { countPixels, listPixels, rangesContain } from "./range-set.ts";

test("the centre of a pixel is in it, in NEST and in RING order", () => {
  for (const level of [0, 1, 2, 4]) {
    const healpix = createHealpixPixelization(level);
    const rings = new Set<number>();
    for (const pixel of listPixels(healpix.universe)) {
      assert.equal(healpix.indexOf(healpix.centre(pixel)), pixel);
      const ring = healpix.nestToRing(pixel);
      assert.equal(healpix.ringToNest(ring), pixel);
      assert.equal(healpix.ringIndexOf(healpix.centre(pixel)), ring);
      rings.add(ring);
    }
    assert.equal(rings.size, 12 * 4 ** level);
  }
  const deep = createHealpixPixelization(17);
  const random = createRandom("deep");
  for (let i = 0; i < 300; i++) {
    const pixel = Math.floor(random.uniform() * 12 * 4 ** 17);
    assert.equal(deep.indexOf(deep.centre(pixel)), pixel);
    assert.equal(deep.ringToNest(deep.nestToRing(pixel)), pixel);
  }
});

test("RING numbers go down ring by ring, eastwards in each", () => {
  const healpix = createHealpixPixelization(3);
  let previous = { z: 2, lon: 0 };
  for (let ring = 0; ring < 768; ring++) {
    const { x, y, z } = healpix.centre(healpix.ringToNest(ring));
    const lon = (Math.atan2(y, x) + 2 * Math.PI) % (2 * Math.PI);
    const sameRing = Math.abs(z - previous.z) < 1e-12;
    assert.ok(sameRing ? lon > previous.lon : z < previous.z, `ring number ${ring}`);
    previous = { z, lon };
  }
});

test("every point of a region is in a pixel of its envelope, and the interior is inside", () => {
  const random = createRandom("envelope");
  const healpix = createHealpixPixelization(6);
  for (let round = 0; round < 25; round++) {
    const [ra, dec] = [random.uniform() * 360, (Math.asin(2 * random.uniform() - 1) * 180) / Math.PI];
    const reach = 3600 * 10 ** (random.uniform() * 2.5 - 1.5);
    const points = Array.from({ length: 5 }, (_, i) => offsetPosition(ra, dec, i * 72, reach));
    const south = Math.max(dec - 1, -90);
    const regions = [
      createCircle(ra, dec, reach),
      createConvexPolygon(points),
      createSkyBox(ra, south, (ra + 8) % 360, Math.min(90, south + 2)),
    ];
    for (const region of regions) {
      const envelope = healpix.envelope(region);
      const interior = healpix.interior(region);
      for (let i = 0; i < 60; i++) {
        const { raDeg, decDeg } = offsetPosition(ra, dec, random.uniform() * 360, random.uniform() * reach);
        const v = createUnitVector(raDeg, decDeg);
        if (regionContains(region, v)) assert.ok(rangesContain(envelope, healpix.indexOf(v)));
      }
      for (const pixel of listPixels(interior)) {
        assert.ok(rangesContain(envelope, pixel));
        assert.ok(healpix.boundary(pixel, 1).every((corner) => regionContains(region, corner)));
      }
    }
  }
});

test("the envelope of a small circle is a few pixels", () => {
  const envelope = createHealpixPixelization(9).envelope(createCircle(45, 30, 1));
  assert.ok(countPixels(envelope) >= 1 && countPixels(envelope) <= 4);
});

test("numbers and levels out of range are refused", () => {
  const invalid = (error: unknown): boolean => isAlmagestError(error, "SPHERE.PIXELIZATION_INVALID");
  assert.throws(() => createHealpixPixelization(18), invalid);
  assert.throws(() => createHealpixPixelization(2).pixel(192), invalid);
  assert.throws(() => createHealpixPixelization(2).ringToNest(-1), invalid);
});
