import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import { createCircle } from "./circle.ts";
import { createConvexPolygon } from "./convex-polygon.ts";
import { createEllipse } from "./ellipse.ts";
import { createIntersection, createUnion, type Region } from "./region.ts";
import { decodeRegion, encodeRegion, regionFromBase64, regionToBase64 } from "./region-bytes.ts";
import { createSkyBox } from "./sky-box.ts";

const circle = createCircle(10, 20, 30);
const box = createSkyBox(350, -5, 10, 5);
const polygon = createConvexPolygon([
  { raDeg: 0, decDeg: 0 },
  { raDeg: 1, decDeg: 0 },
  { raDeg: 0, decDeg: 1 },
]);
const ellipse = createEllipse(40, -30, 100, 50, 20);

test("every kind of region survives its bytes", () => {
  const regions: Region[] = [circle, box, polygon, ellipse, createUnion([circle, box])];
  for (const region of [...regions, createIntersection(regions), createUnion([])]) {
    assert.deepEqual(decodeRegion(encodeRegion(region)), region);
    assert.deepEqual(regionFromBase64(regionToBase64(region)), region);
  }
});

test("texts joined by colons are a union, the empty text is the empty one", () => {
  const joined = `${regionToBase64(circle)}:${regionToBase64(createUnion([box, polygon]))}`;
  assert.deepEqual(regionFromBase64(joined), createUnion([circle, box, polygon]));
  assert.deepEqual(regionFromBase64(""), { kind: "union", regions: [] });
});

test("damaged bytes are refused with a code, whatever they are", () => {
  for (const damaged of ["", "Y", "cc", "p".padEnd(49), "u\u0001\u0000", `i${"\u00ff".repeat(12)}`]) {
    assert.throws(
      () => decodeRegion(Uint8Array.from(damaged, (c) => c.charCodeAt(0))),
      (error) => isAlmagestError(error, "SPHERE.REGION_INVALID"),
    );
  }
  assert.throws(
    () => regionFromBase64("?!"),
    (error) => isAlmagestError(error, "SPHERE.REGION_INVALID"),
  );
  const kinds = fc.constantFrom(..."cbpeui".split("")).map((letter) => letter.charCodeAt(0));
  fc.assert(
    fc.property(kinds, fc.uint8Array({ maxLength: 200 }), (kind, rest) => {
      try {
        assert.equal(typeof decodeRegion(Uint8Array.of(kind, ...rest)).kind, "string");
      } catch (error) {
        assert.ok(isAlmagestError(error, "SPHERE.REGION_INVALID"), String(error));
      }
    }),
  );
});
