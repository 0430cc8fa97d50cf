import assert from "node:assert/strict";
import { test } from "node:test";
import { createDepthTest } from "./deep-places.ts";

test("a saturated core amid deep sky counts as deep, the half that fewer visits saw does not", () => {
  const [width, height] = [240, 240];
  const data = new Float32Array(width * height);
  for (let at = 0; at < data.length; at++) data[at] = at % width < 120 ? 4 : 1;
  const core = 60 * width + 50;
  for (let y = -3; y <= 3; y++) for (let x = -12; x <= 12; x++) data[core + y * width + x] = 0;
  const isDeep = createDepthTest({ bbox: { x0: 0, y0: 0, width, height }, data }, 2.2);
  assert.equal(isDeep(core), true);
  assert.equal(isDeep(core + 30), true);
  assert.equal(isDeep(60 * width + 125), false);
  assert.equal(isDeep(60 * width + 200), false);
});
