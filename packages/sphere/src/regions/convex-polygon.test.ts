import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { offsetPosition } from "../angle.ts";
import { createUnitVector } from "../unit-vector.ts";
import { createConvexPolygon } from "./convex-polygon.ts";
import { orientation } from "./orientation.ts";
import { polygonCentroid } from "./polygon-bounds.ts";
import { regionBoundingBox, regionBoundingCircle, regionContains } from "./region-bounds.ts";

test("a hull holds its points, turns left everywhere, and lies in its bounds", () => {
  const random = createRandom("hull");
  for (let round = 0; round < 60; round++) {
    const [ra, dec] = [random.uniform() * 360, random.uniform() * 180 - 90];
    const reach = 3600 * 10 ** (random.uniform() * 4 - 3);
    const points = Array.from({ length: 12 }, () =>
      offsetPosition(ra, dec, random.uniform() * 360, random.uniform() * reach),
    );
    const hull = createConvexPolygon(points);
    const [box, circle] = [regionBoundingBox(hull), regionBoundingCircle(hull)];
    for (const { raDeg, decDeg } of points) {
      const v = createUnitVector(raDeg, decDeg);
      assert.ok(regionContains(hull, v) && regionContains(box, v) && regionContains(circle, v));
    }
    const n = hull.vertices.length;
    hull.vertices.forEach((vertex, i) => {
      assert.equal(orientation(vertex, hull.vertices[(i + 1) % n]!, hull.vertices[(i + 2) % n]!), 1);
    });
    assert.ok(regionContains(hull, polygonCentroid(hull.vertices)));
  }
});

test("points that make no polygon are refused", () => {
  const onEquator = [0, 10, 20, 30].map((raDeg) => ({ raDeg, decDeg: 0 }));
  const allRound = [
    [0, 0],
    [90, 0],
    [180, 1],
    [270, 0],
    [0, 90],
    [0, -90],
  ].map(([raDeg, decDeg]) => ({ raDeg: raDeg!, decDeg: decDeg! }));
  for (const points of [[], onEquator.slice(0, 2), onEquator, allRound, Array(5).fill(onEquator[0])]) {
    assert.throws(
      () => createConvexPolygon(points),
      (error) => isAlmagestError(error, "SPHERE.REGION_INVALID"),
    );
  }
});

test("orientation is exact where rounding would decide", () => {
  const a = { x: 1, y: 2 ** -60, z: 0 };
  const b = { x: 1, y: 0, z: 0 };
  const c = { x: 0, y: 0, z: 1 };
  assert.equal(orientation(a, b, c), -1);
  assert.equal(orientation({ ...a, y: -(2 ** -60) }, b, c), 1);
  assert.equal(orientation({ x: 0.6, y: 0, z: 0.8 }, b, c), 0);
});
