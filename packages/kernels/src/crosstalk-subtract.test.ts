import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { crosstalkSubtract } from "./crosstalk-subtract.ts";
import { crosstalkSubtractPlain } from "./oracle/crosstalk-subtract.ts";
import { assertSameBits, randomPlane } from "./testing/planes.ts";

test("crosstalkSubtract equals its plain twin bit for bit", () => {
  const shape = fc.record({
    n: fc.integer({ min: 1, max: 16 }),
    size: fc.integer({ min: 1, max: 2500 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ n, size, seed }) => {
      const random = createRandom(seed);
      const fast = Array.from({ length: n }, () => randomPlane(random, size));
      const plain = fast.map((segment) => segment.slice());
      const c = fast.map(() => fast.map(() => (random.integer(3) === 0 ? 0 : 1e-3 * random.normal())));
      crosstalkSubtract(fast, c);
      crosstalkSubtractPlain(plain, c);
      fast.forEach((segment, i) => {
        assertSameBits(segment, plain[i]!);
      });
    }),
    { numRuns: 30 },
  );
});

test("what one amplifier leaves in another is taken out to first order", () => {
  const [a, b] = [Float32Array.of(1000, 0), Float32Array.of(1, 5)];
  crosstalkSubtract(
    [a!, b!],
    [
      [0, 0],
      [0.001, 0],
    ],
  );
  assert.deepEqual([...a!, ...b!], [1000, 0, 0, 5]);
});
