import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import { angularSeparationArcsec } from "./angle.ts";
import { createSkyIndex } from "./sky-index.ts";

/** Positions over the sky, in a small field, with repeats, at the poles and across RA 0. */
function makePositions(count: number): { ra: Float64Array; dec: Float64Array } {
  const random = createRandom("positions");
  const ra = new Float64Array(count);
  const dec = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const kind = i % 4;
    ra[i] = kind === 1 ? 359.9 + random.uniform() * 0.2 : random.uniform() * 360;
    dec[i] =
      kind === 1
        ? 20 + random.uniform() * 0.2
        : kind === 2
          ? 89.9 + random.uniform() * 0.1
          : random.uniform() * 180 - 90;
    if (ra[i]! >= 360) ra[i] = ra[i]! - 360;
    if (i > 3 && i % 97 === 0) {
      ra[i] = ra[i - 1]!;
      dec[i] = dec[i - 1]!;
    }
  }
  return { ra, dec };
}

test("searches find what comparing with every point finds", () => {
  const { ra, dec } = makePositions(3000);
  const index = createSkyIndex(ra, dec);
  const random = createRandom("queries");
  for (let round = 0; round < 120; round++) {
    const target = random.integer(3000);
    const queryRa = ra[target]! + random.normal() * 0.01;
    const queryDec = Math.max(-90, Math.min(90, dec[target]! + random.normal() * 0.01));
    const apart = Array.from(ra, (value, i) => angularSeparationArcsec(queryRa, queryDec, value, dec[i]!));
    const radius = 10 ** (random.uniform() * 5);
    const expected = apart.flatMap((value, i) => (value <= radius ? [i] : []));
    assert.deepEqual(index.within(queryRa, queryDec, radius), expected);
    const nearest = index.nearest(queryRa, queryDec);
    assert.ok(nearest !== undefined && Math.abs(nearest.separationArcsec - Math.min(...apart)) < 1e-6);
  }
});

test("equal points give the lowest index, far ones none, NaN is left out", () => {
  const index = createSkyIndex([10, 10, Number.NaN, 10.001], [5, 5, 5, 5]);
  assert.equal(index.count, 3);
  assert.equal(index.nearest(10, 5)?.index, 0);
  assert.equal(index.nearest(50, 5, 10), undefined);
  assert.deepEqual(index.within(10, 5, 4), [0, 1, 3]);
  const matches = index.match(Float64Array.of(10.001, 80), Float64Array.of(5.0001, 0), 2);
  assert.deepEqual([...matches.index], [3, -1]);
  assert.ok(
    Math.abs(matches.separationArcsec[0]! - 0.36) < 1e-9 && Number.isNaN(matches.separationArcsec[1]),
  );
  assert.equal(createSkyIndex([], []).nearest(0, 0), undefined);
});
