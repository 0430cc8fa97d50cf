import assert from "node:assert/strict";
import { test } from "node:test";
import { alignPartialBoxes } from "./align-partial-boxes.ts";
import { boxStatistics } from "./box-statistics.ts";
import { evaluateMesh } from "./mesh.ts";

test("a sloping sky is followed to the far edges, whatever is left for the last boxes", () => {
  for (const [width, height] of [
    [130, 97],
    [128, 127],
    [161, 32],
  ] as const) {
    const sky = Float32Array.from(
      { length: width * height },
      (_, i) => 0.5 * (i % width) - Math.floor(i / width),
    );
    const { nx, ny, mean } = boxStatistics(sky, undefined, 0, width, height, 32);
    alignPartialBoxes(mean, nx, ny, 32, width, height);
    const found = new Float32Array(sky.length);
    evaluateMesh({ nx, ny, boxSize: 32, values: mean }, width, height, found);
    const first = ny > 1 ? 0 : 15;
    for (let i = first * width; i < (ny > 1 ? sky.length : (first + 1) * width); i++) {
      assert.ok(
        Math.abs(found[i]! - sky[i]!) < (ny > 1 ? 1e-3 : 0.6),
        `${width} ${i}: ${found[i]} ${sky[i]}`,
      );
    }
  }
});
