import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { medianOf, quantile, quantiles, selectRank, sigmaClip } from "./quantile.ts";
import { selectRanksByRadix } from "./radix-select.ts";
import { randomPlane } from "./testing/planes.ts";

test("selectRank and the radix selection give what sorting gives", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.nat(),
      (list, pick) => {
        const k = pick % list.length;
        const values = Float32Array.from(list);
        const expected = values.slice().sort()[k]! + 0;
        assert.equal(selectRanksByRadix(values, values.length, [k])[0], expected);
        assert.equal(selectRank(values, values.length, k) + 0, expected);
      },
    ),
  );
});

test("quantiles interpolate between ranks and leave NaN out", () => {
  assert.equal(medianOf([3, Number.NaN, 1, 2, 10]), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.25), 2);
  assert.deepEqual(quantiles([10, 20], [0, 0.1, 1]), [10, 11, 20]);
  assert.ok(Number.isNaN(medianOf([Number.NaN])));
});

test("a large plane's median is that of the sorted plane", () => {
  const data = randomPlane(createRandom("large"), 200_001);
  assert.equal(medianOf(data), data.slice().sort()[100_000]);
});

test("sigmaClip finds the noise under outliers", () => {
  const random = createRandom("clip");
  const data = Float64Array.from({ length: 5000 }, (_, i) => (i % 20 === 0 ? 1000 : 5 + 2 * random.normal()));
  const { mean, median, sigma, count } = sigmaClip(data);
  assert.ok(Math.abs(mean - 5) < 0.1 && Math.abs(median - 5) < 0.1 && Math.abs(sigma - 2) < 0.1);
  assert.ok(count > 4600 && count <= 4750);
  assert.equal(sigmaClip([7, 7, 7]).sigma, 0);
  assert.equal(sigmaClip([]).count, 0);
});
