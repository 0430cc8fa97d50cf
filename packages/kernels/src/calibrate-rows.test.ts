import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { calibrateRows } from "./calibrate-rows.ts";
import { calibrateRowsPlain } from "./oracle/calibrate-rows.ts";

const values = [0, -0, 1, 0.5, -3.25, 1e-3, 812.4, 65535, 3e38, Number.NaN, Number.POSITIVE_INFINITY];

test("rows are calibrated to the bits of the plain sum, in both directions, whatever the frames hold", () => {
  const options = fc.record({
    width: fc.integer({ min: 1, max: 41 }),
    count: fc.integer({ min: 1, max: 4 }),
    flip: fc.boolean(),
    down: fc.boolean(),
    bias: fc.boolean(),
    dark: fc.boolean(),
    flat: fc.boolean(),
    seed: fc.array(fc.nat(1e6), { minLength: 8, maxLength: 40 }),
    odd: fc.boolean(),
  });
  fc.assert(
    fc.property(options, ({ width, count, flip, down, bias, dark, flat, seed, odd }) => {
      const stride = width + 3;
      const size = stride * (count + 2);
      let n = 0;
      const next = () => seed[n++ % seed.length]! + 31 * n;
      const plane = () =>
        Float32Array.from({ length: size }, () =>
          odd && next() % 7 === 0 ? values[next() % values.length]! : (next() % 9973) / 4096 - 0.1,
        );
      const frame = (wanted: boolean) => (wanted ? { data: plane(), variance: plane() } : undefined);
      const frames = { bias: frame(bias), dark: frame(dark), flat: frame(flat) };
      const signal = plane();
      const bits = Uint8Array.from({ length: size }, () => (next() % 5 === 0 ? next() % 8 : 0));
      const run = (calibrate: typeof calibrateRows) => {
        const image = new Float32Array(size);
        const variance = new Float32Array(size);
        const flags = bits.slice();
        const found = calibrate(
          {
            signal,
            bits: flags,
            stride,
            width,
            count,
            at: down ? stride * count + 1 : 2,
            step: down ? -stride : stride,
            flip,
            readVariance: 25.3,
          },
          {
            image,
            variance,
            ...(frames.bias && { bias: frames.bias }),
            ...(frames.dark && { dark: frames.dark }),
            darkSec: 30.1,
            ...(frames.flat && { flat: frames.flat }),
            minimumFlat: 0.1,
            unlitBit: 8,
          },
        );
        return { image, variance, flags, found };
      };
      assert.deepEqual(run(calibrateRows), run(calibrateRowsPlain));
    }),
    { numRuns: 300 },
  );
});

test("rows that leave a plane are refused", () => {
  const rows = {
    signal: new Float32Array(20),
    bits: new Uint8Array(20),
    stride: 10,
    width: 10,
    count: 2,
    at: 5,
    step: 10,
    flip: false,
    readVariance: 1,
  };
  const planes = {
    image: new Float32Array(24),
    variance: new Float32Array(24),
    darkSec: 0,
    minimumFlat: 0.1,
    unlitBit: 8,
  };
  assert.throws(() => calibrateRows(rows, planes), { code: "KERNELS.SIZE_MISMATCH" });
  assert.throws(() => calibrateRows({ ...rows, at: 0, step: -10 }, planes), {
    code: "KERNELS.SIZE_MISMATCH",
  });
});
