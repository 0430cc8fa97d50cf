import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatSection, parseSection } from "./section.ts";

test("a section survives being written and read", () => {
  const size = fc.integer({ min: 2, max: 9000 });
  const start = fc.integer({ min: 0, max: 9000 });
  fc.assert(
    fc.property(
      start,
      start,
      size,
      size,
      fc.boolean(),
      fc.boolean(),
      (x0, y0, width, height, flipX, flipY) => {
        const box = { x0, y0, width, height };
        assert.deepEqual(parseSection(formatSection(box, flipX, flipY)), { box, flipX, flipY });
      },
    ),
    { seed: 2 },
  );
});

test("spaces are allowed, and what is no section is none", () => {
  assert.deepEqual(parseSection("[1025:3072, 1025:3072]")?.box, {
    x0: 1024,
    y0: 1024,
    width: 2048,
    height: 2048,
  });
  for (const text of ["UNKNOWN", "[0:0,0:0]", "", 5, undefined, "[1:2]"])
    assert.equal(parseSection(text), undefined);
});
