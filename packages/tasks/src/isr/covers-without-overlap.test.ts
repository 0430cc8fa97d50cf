import assert from "node:assert/strict";
import { test } from "node:test";
import { coversWithoutOverlap } from "./covers-without-overlap.ts";

test("amplifiers cover a detector when they lie side by side on all of it", () => {
  const frame = { x0: 0, y0: 0, width: 20, height: 10 };
  const left = { x0: 0, y0: 0, width: 10, height: 10 };
  const right = { x0: 10, y0: 0, width: 10, height: 10 };
  assert.ok(coversWithoutOverlap([left, right], frame));
  assert.ok(!coversWithoutOverlap([left], frame));
  // As many pixels as the frame has, but two on one place and a hole elsewhere.
  assert.ok(!coversWithoutOverlap([left, { ...right, x0: 9 }], frame));
  assert.ok(!coversWithoutOverlap([left, { ...right, x0: 11 }], frame));
  assert.ok(!coversWithoutOverlap([left, left], frame));
});
