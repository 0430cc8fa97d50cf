import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { createCircle } from "../regions/circle.ts";
import { createUnion } from "../regions/region.ts";
import { regionContains } from "../regions/region-bounds.ts";
import { createSkyBox } from "../regions/sky-box.ts";
import { normalizeVector } from "../unit-vector.ts";
import { createHtmPixelization, htmLevelOf } from "./htm.ts";
import {
  countPixels,
  intersectRanges,
  joinRanges,
  listPixels,
  rangesContain,
  rangesOfPixels,
} from "./range-set.ts";

test("a direction lies in the pixel of its number, at every level", () => {
  const random = createRandom("htm");
  for (let i = 0; i < 200; i++) {
    const v = normalizeVector(random.normal(), random.normal(), random.normal());
    let parent = 0;
    for (const level of [0, 1, 7, 14, 24]) {
      const htm = createHtmPixelization(level);
      const index = htm.indexOf(v);
      assert.equal(htmLevelOf(index), level);
      assert.ok(regionContains(htm.pixel(index), v));
      if (level === 1) assert.equal(Math.floor(index / 4), parent);
      parent = index;
    }
  }
});

test("the sky's envelope is all pixels, and an interior is within its envelope", () => {
  const htm = createHtmPixelization(4);
  assert.deepEqual(htm.envelope(createSkyBox(0, -90, 360, 90)), htm.universe);
  const region = createUnion([createCircle(10, 5, 36_000), createCircle(200, -60, 72_000)]);
  const envelope = htm.envelope(region);
  const interior = htm.interior(region);
  assert.deepEqual(intersectRanges(envelope, interior), interior);
  assert.ok(countPixels(interior) > 20 && countPixels(interior) < countPixels(envelope));
});

test("sets of ranges join, intersect and find", () => {
  const a = rangesOfPixels([5, 3, 4, 9, 10, 3]);
  assert.deepEqual(a, [
    [3, 6],
    [9, 11],
  ]);
  assert.deepEqual(joinRanges(a, [[6, 9]]), [[3, 11]]);
  assert.deepEqual([...listPixels(intersectRanges(a, [[5, 10]]))], [5, 9]);
  assert.deepEqual(
    [2, 3, 5, 6, 9, 11].map((pixel) => rangesContain(a, pixel)),
    [false, true, true, false, true, false],
  );
});

test("levels and numbers out of range are refused", () => {
  const invalid = (error: unknown): boolean => isAlmagestError(error, "SPHERE.PIXELIZATION_INVALID");
  assert.throws(() => createHtmPixelization(25), invalid);
  assert.throws(() => createHtmPixelization(7).pixel(8), invalid);
  assert.deepEqual([7, 8, 16, 32, 8 * 4 ** 7, 1.5].map(htmLevelOf), [-1, 0, -1, 1, 7, -1]);
});
