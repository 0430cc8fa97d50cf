import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { APERTURE_MASKED, APERTURE_TRUNCATED, sumCircularApertures } from "./aperture-sums.ts";
import { circleRectangleOverlap } from "./circle-overlap.ts";

test("the overlap of a circle and a rectangle agrees with counting points", () => {
  const place = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(place, place, fc.double({ min: 0.05, max: 3, noNaN: true }), (x, y, r) => {
      let inside = 0;
      for (let j = 0; j < 100; j++) {
        for (let i = 0; i < 100; i++) {
          if ((x + (i + 0.5) / 100) ** 2 + (y + (j + 0.5) / 100) ** 2 < r * r) inside++;
        }
      }
      const area = circleRectangleOverlap(x, y, x + 1, y + 1, r);
      assert.ok(Math.abs(area - inside / 1e4) < 0.005, `${area} ${inside / 1e4}`);
    }),
  );
});

test("on a flat image the sum is the circle's area, wherever its centre lies", () => {
  const image = new Float32Array(2500).fill(2);
  const variance = new Float32Array(2500).fill(3);
  fc.assert(
    fc.property(
      fc.double({ min: 15, max: 34, noNaN: true }),
      fc.double({ min: 0.1, max: 14, noNaN: true }),
      (at, r) => {
        const sums = sumCircularApertures({ width: 50, height: 50, image, variance }, [at], [49 - at], [r]);
        const area = Math.PI * r * r;
        assert.ok(Math.abs(sums.area[0]! / area - 1) < 1e-9);
        assert.ok(Math.abs(sums.sum[0]! / (2 * area) - 1) < 1e-9);
        assert.ok(Math.abs(sums.variance[0]! / (3 * area) - 1) < 1e-9);
        assert.equal(sums.flags[0], 0);
      },
    ),
  );
});

test("edges and masked pixels are left out and flagged", () => {
  const image = new Float32Array(100).fill(1);
  const mask = new Uint32Array(100);
  mask[55] = 4;
  image[33] = Number.NaN;
  const planes = { width: 10, height: 10, image, mask, maskBits: 4 };
  const sums = sumCircularApertures(planes, [5, -0.5, 3, Number.NaN], [5, 5, 3, 0], [2]);
  assert.deepEqual([...sums.flags.subarray(0, 3)], [APERTURE_MASKED, APERTURE_TRUNCATED, APERTURE_MASKED]);
  assert.ok(Math.abs(sums.area[0]! - (4 * Math.PI - 1)) < 1e-9);
  assert.ok(Math.abs(sums.sum[1]! - 2 * Math.PI) < 1e-9);
  assert.ok(Number.isNaN(sums.sum[3]!));
});
