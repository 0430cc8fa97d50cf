import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { boxStatistics } from "./box-statistics.ts";
import { boxStatisticsPlain } from "./oracle/box-statistics.ts";
import { assertSameBits, randomMask, randomPlane } from "./testing/planes.ts";

test("boxStatistics equals its plain twin bit for bit", () => {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 90 }),
    boxSize: fc.integer({ min: 1, max: 60 }),
    quantised: fc.boolean(),
    masked: fc.boolean(),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ width, height, boxSize, quantised, masked, seed }) => {
      const random = createRandom(seed);
      const size = width * height;
      const data = randomPlane(random, size, 0.02).map((v) => (quantised ? Math.round(v) : 1000 + 5 * v));
      for (let i = 0; i < size / 20; i++) data[random.integer(size)] = 60000 * random.uniform();
      const mask = masked ? randomMask(random, size) : undefined;
      const fast = boxStatistics(data, mask, 3, width, height, boxSize);
      const plain = boxStatisticsPlain(data, mask, 3, width, height, boxSize);
      assert.deepEqual([fast.nx, fast.ny], [plain.nx, plain.ny]);
      for (const key of ["count", "mean", "sigma", "median"] as const) assertSameBits(fast[key], plain[key]);
    }),
    { numRuns: 150 },
  );
});

test("level and noise of a sky with stars, in boxes half full of them, are found", () => {
  const random = createRandom("sky");
  const data = Float32Array.from({ length: 256 * 256 }, () => 500 + 10 * random.normal());
  for (let i = 0; i < data.length / 8; i++) data[random.integer(data.length)]! += 2000 * random.uniform();
  const { mean, median, sigma } = boxStatistics(data, undefined, 0, 256, 256, 128);
  for (let box = 0; box < 4; box++) {
    assert.ok(Math.abs(mean[box]! - 500) < 1 && Math.abs(median[box]! - 500) < 1, `${mean[box]}`);
    assert.ok(Math.abs(sigma[box]! - 10) < 0.5, `${sigma[box]}`);
  }
});

test("a box without usable pixels is NaN with count 0", () => {
  const stats = boxStatistics(new Float32Array(16), new Uint32Array(16).fill(1), 1, 4, 4, 4);
  assert.equal(stats.count[0], 0);
  assert.ok(Number.isNaN(stats.mean[0]!) && Number.isNaN(stats.median[0]!) && Number.isNaN(stats.sigma[0]!));
});
