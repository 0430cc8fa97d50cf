import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  boxArea,
  boxContainsBox,
  boxContainsPoint,
  boxCorners,
  boxesEqual,
  createBox,
  growBox,
  intersectBoxes,
  isEmptyBox,
  shiftBox,
  unionBoxes,
} from "./box-algebra.ts";

const side = fc.integer({ min: 0, max: 12 });
const place = fc.integer({ min: -10, max: 10 });
const box = fc
  .tuple(place, place, side, side)
  .map(([x0, y0, width, height]) => createBox(x0, y0, width, height));

test("a pixel is in the intersection of two boxes exactly when it is in both, and then in the union", () => {
  fc.assert(
    fc.property(box, box, place, place, (a, b, x, y) => {
      const both = boxContainsPoint(a, x, y) && boxContainsPoint(b, x, y);
      assert.equal(boxContainsPoint(intersectBoxes(a, b), x, y), both);
      const any = boxContainsPoint(a, x, y) || boxContainsPoint(b, x, y);
      if (any) assert.ok(boxContainsPoint(unionBoxes(a, b), x, y));
    }),
  );
});

test("union and intersection hold, and are held by, their boxes", () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      assert.ok(boxContainsBox(unionBoxes(a, b), a) && boxContainsBox(unionBoxes(a, b), b));
      assert.ok(boxContainsBox(a, intersectBoxes(a, b)));
      assert.equal(isEmptyBox(intersectBoxes(a, b)), boxArea(intersectBoxes(a, b)) === 0);
    }),
  );
});

test("growing and shrinking, moving, corners", () => {
  const start = createBox(3, 4, 5, 6);
  assert.deepEqual(growBox(start, 2), createBox(1, 2, 9, 10));
  assert.ok(boxesEqual(growBox(growBox(start, 2), -2), start));
  assert.ok(isEmptyBox(growBox(start, -3)));
  assert.deepEqual(shiftBox(start, -3, 1), createBox(0, 5, 5, 6));
  assert.deepEqual(boxCorners(createBox(0, 0, 2, 1)), [
    [-0.5, -0.5],
    [1.5, -0.5],
    [1.5, 0.5],
    [-0.5, 0.5],
  ]);
});
