import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { detectSpans } from "./detect-spans.ts";
import { findSpansPlain } from "./oracle/find-spans.ts";
import { findRunsStrips } from "./strips/find-runs-strips.ts";
import { randomMask, randomPlane } from "./testing/planes.ts";

test("the span finder equals its plain twin for every combination of planes", () => {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 150 }),
    level: fc.double({ min: -1, max: 2, noNaN: true }),
    planes: fc.integer({ min: 0, max: 15 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ width, height, level, planes, seed }) => {
      const random = createRandom(seed);
      const size = width * height;
      const input = {
        image: randomPlane(random, size, 0.05),
        width,
        height,
        threshold: planes & 1 ? randomPlane(random, size) : level,
        ...(planes & 2 && { variance: randomPlane(random, size).map(Math.abs) }),
        ...(planes & 4 && { mask: randomMask(random, size), ignoreBits: 3 }),
        ...(planes & 8 && { polarity: "negative" as const }),
      };
      assert.deepEqual(findRunsStrips(input), findSpansPlain(input));
    }),
    { numRuns: 150 },
  );
});

/** Labels by flood fill, in raster order of first pixel. */
function floodFill(above: boolean[], width: number): number[] {
  const labels = above.map(() => -1);
  let next = 0;
  for (let seed = 0; seed < above.length; seed++) {
    if (!above[seed] || labels[seed]! >= 0) continue;
    const stack = [seed];
    labels[seed] = next;
    while (stack.length > 0) {
      const at = stack.pop()!;
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = (at % width) + dx;
          const near = at + dy * width + dx;
          if (x < 0 || x >= width || !above[near] || labels[near]! >= 0) continue;
          labels[near] = next;
          stack.push(near);
        }
      }
    }
    next++;
  }
  return labels;
}

test("labels equal those of a flood fill, and small components are dropped", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer(),
      fc.integer({ min: 1, max: 4 }),
      (width, seed, minPixels) => {
        const random = createRandom(seed);
        const height = 25;
        const image = randomPlane(random, width * height);
        const expected = floodFill(
          [...image].map((value) => value > 0.3),
          width,
        );
        const sizes = new Map<number, number>();
        for (const label of expected) sizes.set(label, (sizes.get(label) ?? 0) + 1);
        const kept = [...sizes.keys()].filter((label) => label >= 0 && sizes.get(label)! >= minPixels);
        const result = detectSpans({ image, width, height, threshold: 0.3, minPixels });
        assert.equal(result.labelCount, kept.length);
        assert.deepEqual(
          [...result.pixelCounts],
          kept.map((label) => sizes.get(label)),
        );
        const drawn = expected.map(() => -1);
        for (let s = 0; s < result.spanCount; s++) {
          const [y, x0, x1, label] = result.spans.subarray(4 * s, 4 * s + 4) as unknown as [
            number,
            number,
            number,
            number,
          ];
          drawn.fill(label, y * width + x0, y * width + x1 + 1);
        }
        assert.deepEqual(
          drawn,
          expected.map((label) => kept.indexOf(label)),
        );
      },
    ),
    { numRuns: 60 },
  );
});
