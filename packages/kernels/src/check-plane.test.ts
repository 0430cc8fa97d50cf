import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { boxStatistics } from "./box-statistics.ts";
import { checkRectangle } from "./check-plane.ts";
import { convolve } from "./convolve.ts";
import { isrFuse } from "./isr-fuse.ts";

test("a result over its own input is refused, even when the planes only overlap", () => {
  const memory = new Float32Array(30);
  const kernel = new Float32Array(9);
  const refused = (error: unknown) => isAlmagestError(error, "KERNELS.SAME_MEMORY");
  assert.throws(() => convolve(memory.subarray(0, 16), 4, 4, kernel, 3, memory.subarray(14)), refused);
  convolve(memory.subarray(0, 9), 3, 3, kernel, 3, memory.subarray(9, 18));
});

test("boxes without a whole side are refused", () => {
  for (const boxSize of [0, -1, 2.5, Number.NaN]) {
    assert.throws(
      () => boxStatistics(new Float32Array(4), undefined, 0, 2, 2, boxSize),
      (error) => isAlmagestError(error, "KERNELS.BOX_SIZE"),
    );
  }
});

test("a rectangle must lie in its plane; the last row may end with it", () => {
  const rectangle = { x0: 2, y0: 1, width: 3, height: 2 };
  checkRectangle("plane", 15, 5, rectangle);
  checkRectangle("plane", 14 + 3, 6, rectangle);
  const refused = (error: unknown) => isAlmagestError(error, "KERNELS.SIZE_MISMATCH");
  assert.throws(() => checkRectangle("plane", 14, 5, rectangle), refused);
  assert.throws(() => checkRectangle("plane", 100, 4, rectangle), refused);
  assert.throws(() => checkRectangle("plane", 100, 5, { ...rectangle, x0: -1 }), refused);
});

test("an amplifier that does not fit its detector is refused", () => {
  const planes = { image: new Float32Array(8), variance: new Float32Array(8), mask: new Uint32Array(8) };
  const amplifier = { raw: new Uint16Array(9), rawStride: 3, rawX0: 0, rawY0: 0, width: 3, height: 3 };
  const place = { dstX0: 0, dstY0: 0, flipX: false, flipY: false, gain: 1, readNoise: 1, saturationAdu: 1 };
  assert.throws(
    () => isrFuse({ ...amplifier, ...place }, { ...planes, stride: 3, saturatedBits: 1, badBits: 2 }),
    (error) => isAlmagestError(error, "KERNELS.SIZE_MISMATCH"),
  );
});
