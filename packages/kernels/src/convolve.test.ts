import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import {
  convolve,
  convolveMasked,
  convolveSeparable,
  convolveSeparableCleared,
  convolveSeparableMasked,
} from "./convolve.ts";
import { convolvePlain, convolveSeparableClearedPlain, convolveSeparablePlain } from "./oracle/convolve.ts";
import { convolveMaskedPlain, convolveSeparableMaskedPlain } from "./oracle/convolve-masked.ts";
import { assertSameBits, randomMask, randomPlane } from "./testing/planes.ts";

const shape = fc.record({
  width: fc.integer({ min: 1, max: 90 }),
  height: fc.integer({ min: 1, max: 150 }),
  halfX: fc.integer({ min: 0, max: 9 }),
  halfY: fc.integer({ min: 0, max: 9 }),
  seed: fc.integer(),
});

test("convolve equals its plain twin bit for bit", () => {
  fc.assert(
    fc.property(shape, ({ width, height, halfX, seed }) => {
      const random = createRandom(seed);
      const size = 2 * Math.min(halfX, 4) + 1;
      const src = randomPlane(random, width * height);
      const kernel = randomPlane(random, size * size);
      const [fast, plain] = [new Float32Array(src.length), new Float32Array(src.length)];
      convolve(src, width, height, kernel, size, fast);
      convolvePlain(src, width, height, kernel, size, plain);
      assertSameBits(fast, plain);
    }),
    { numRuns: 40 },
  );
});

test("convolveSeparable equals its plain twin bit for bit", () => {
  fc.assert(
    fc.property(shape, ({ width, height, halfX, halfY, seed }) => {
      const random = createRandom(seed);
      const src = randomPlane(random, width * height);
      const kernelX = randomPlane(random, 2 * halfX + 1);
      const kernelY = randomPlane(random, 2 * halfY + 1);
      const [fast, plain] = [new Float32Array(src.length), new Float32Array(src.length)];
      convolveSeparable(src, width, height, kernelX, kernelY, fast);
      convolveSeparablePlain(src, width, height, kernelX, kernelY, plain);
      assertSameBits(fast, plain);
    }),
    { numRuns: 40 },
  );
});

test("the masked convolutions equal their plain twins bit for bit, NaN pixels included", () => {
  fc.assert(
    fc.property(shape, ({ width, height, halfX, halfY, seed }) => {
      const random = createRandom(seed);
      const src = randomPlane(random, width * height, 0.05);
      const mask = randomMask(random, width * height);
      const kernelX = randomPlane(random, 2 * halfX + 1).map(Math.abs);
      const kernelY = randomPlane(random, 2 * halfY + 1).map(Math.abs);
      const [fast, plain] = [new Float32Array(src.length), new Float32Array(src.length)];
      convolveSeparableMasked(src, mask, 5, width, height, kernelX, kernelY, fast);
      convolveSeparableMaskedPlain(src, mask, 5, width, height, kernelX, kernelY, plain);
      assertSameBits(fast, plain);
      const square = randomPlane(random, 25).map(Math.abs);
      convolveMasked(src, mask, 5, width, height, square, 5, fast);
      convolveMaskedPlain(src, mask, 5, width, height, square, 5, plain);
      assertSameBits(fast, plain);
    }),
    { numRuns: 40 },
  );
});

test("convolveSeparableCleared equals its plain twin bit for bit, NaN pixels included", () => {
  fc.assert(
    fc.property(shape, ({ width, height, halfX, halfY, seed }) => {
      const random = createRandom(seed);
      const src = randomPlane(random, width * height, 0.05);
      const mask = randomMask(random, width * height);
      const kernelX = randomPlane(random, 2 * halfX + 1);
      const kernelY = randomPlane(random, 2 * halfY + 1);
      const [fast, plain] = [new Float32Array(src.length), new Float32Array(src.length)];
      convolveSeparableCleared(src, mask, 5, width, height, kernelX, kernelY, fast);
      convolveSeparableClearedPlain(src, mask, 5, width, height, kernelX, kernelY, plain);
      assertSameBits(fast, plain);
    }),
    { numRuns: 40 },
  );
});

test("a point becomes the kernel, not its mirror image; a masked flat field stays flat", () => {
  const src = new Float32Array(49);
  src[24] = 1;
  const kernel = Float32Array.from({ length: 9 }, (_, i) => i + 1);
  const dst = new Float32Array(49);
  convolve(src, 7, 7, kernel, 3, dst);
  assert.deepEqual([...dst.subarray(16, 19)], [1, 2, 3]);
  const mask = new Uint32Array(49);
  mask[10] = 1;
  convolveMasked(new Float32Array(49).fill(7), mask, 1, 7, 7, kernel, 3, dst);
  for (const value of dst) assert.ok(Math.abs(value / (7 * 45) - 1) < 1e-6);
});

test("even kernels and planes of another size are refused", () => {
  const plane = new Float32Array(16);
  const isSize = (error: unknown) => isAlmagestError(error, "KERNELS.KERNEL_SIZE");
  assert.throws(() => convolve(plane, 4, 4, new Float32Array(4), 2, plane.slice()), isSize);
  assert.throws(
    () => convolveSeparable(plane, 5, 4, new Float32Array(3), new Float32Array(3), plane),
    (error) => isAlmagestError(error, "KERNELS.SIZE_MISMATCH"),
  );
});

test("planes in shared memory give the same pixels", () => {
  const random = createRandom("shared");
  const own = randomPlane(random, 600);
  const shared = new Float32Array(new SharedArrayBuffer(2400));
  const out = new Float32Array(new SharedArrayBuffer(2400));
  shared.set(own);
  const expected = new Float32Array(600);
  const kernel = randomPlane(random, 9);
  convolve(own, 30, 20, kernel, 3, expected);
  convolve(shared, 30, 20, kernel, 3, out);
  assertSameBits(out, expected);
});
