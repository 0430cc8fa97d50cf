import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { shiftCutPlain } from "./oracle/shift-cut.ts";
import { shiftCut } from "./shift-cut.ts";
import { assertSameBits, randomPlane } from "./testing/planes.ts";

test("shiftCut equals its plain twin bit for bit, whether it cuts the stamp or pads it", () => {
  const shape = fc.record({
    middle: fc.integer({ min: 0, max: 20 }),
    half: fc.integer({ min: 0, max: 24 }),
    dx: fc.double({ min: -0.75, max: 0.75, noNaN: true }),
    dy: fc.constantFrom(0, -0.5, 0.2371, 0.5),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ middle, half, dx, dy, seed }) => {
      const size = 2 * middle + 1;
      const stamp = randomPlane(createRandom(seed), size * size);
      const fast = new Float32Array((2 * half + 1) ** 2);
      const plain = fast.slice();
      shiftCut(stamp, size, half, dx, dy, fast);
      shiftCutPlain(stamp, size, half, dx, dy, plain);
      assertSameBits(fast, plain);
    }),
    { numRuns: 200 },
  );
});

test("a Gaussian moves by what was asked and keeps its light", () => {
  const gaussian = (dx: number, dy: number): Float32Array =>
    Float32Array.from({ length: 41 * 41 }, (_, p) =>
      Math.exp(-(((p % 41) - 20 - dx) ** 2 + (Math.floor(p / 41) - 20 - dy) ** 2) / 8),
    );
  const out = new Float32Array(41 * 41);
  shiftCut(gaussian(0, 0), 41, 20, 0.3, -0.45, out);
  const wanted = gaussian(0.3, -0.45);
  for (let p = 0; p < out.length; p++) assert.ok(Math.abs(out[p]! - wanted[p]!) < 2e-3);
});

test("a plane of another size is refused", () => {
  assert.throws(() => shiftCut(new Float32Array(9), 3, 2, 0, 0, new Float32Array(9)), {
    code: "KERNELS.SIZE_MISMATCH",
  });
});
