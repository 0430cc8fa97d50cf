import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import fc from "fast-check";
import { type IsrAmplifierInput, type IsrDetectorPlanes, isrFuse } from "./isr-fuse.ts";
import { isrFusePlain } from "./oracle/isr-fuse.ts";
import { assertSameBits, randomPlane } from "./testing/planes.ts";

const RAW_TYPES = [Uint16Array, Int16Array, Int32Array, Float32Array] as const;

test("isrFuse equals its plain twin bit for bit, whatever the stored type and flips", () => {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 12 }),
    type: fc.integer({ min: 0, max: 3 }),
    flipX: fc.boolean(),
    flipY: fc.boolean(),
    full: fc.boolean(),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ width, height, type, flipX, flipY, full, seed }) => {
      const random = createRandom(seed);
      const rawStride = width + 7;
      const raw = new RAW_TYPES[type]!((height + 2) * rawStride).map(() => random.integer(30000) + 500);
      if (raw instanceof Float32Array) raw[random.integer(raw.length)] = Number.NaN;
      const amplifier: IsrAmplifierInput = {
        raw,
        rawStride,
        rawX0: 3,
        rawY0: 1,
        width,
        height,
        ...(full && { rowLevel: randomPlane(random, height), columnLevel: randomPlane(random, width) }),
        gain: 1.7,
        readNoise: 5.3,
        saturationAdu: 29000,
        dstX0: 5,
        dstY0: 2,
        flipX,
        flipY,
      };
      const stride = width + 9;
      const size = stride * (height + 4);
      const flat = randomPlane(random, size, 0.05).map((v) => 1 + 0.3 * v);
      const base = {
        stride,
        ...(full && {
          bias: randomPlane(random, size),
          dark: randomPlane(random, size, 0.05),
          darkScale: 30,
          flat,
        }),
        saturatedBits: 2,
        badBits: 0x101,
      };
      const make = (): IsrDetectorPlanes => ({
        ...base,
        image: new Float32Array(size),
        variance: new Float32Array(size),
        mask: new Uint32Array(size).fill(8),
      });
      const [fast, plain] = [make(), make()];
      isrFuse(amplifier, fast);
      isrFusePlain(amplifier, plain);
      assertSameBits(fast.image, plain.image);
      assertSameBits(fast.variance, plain.variance);
      assertSameBits(fast.mask, plain.mask);
    }),
    { numRuns: 100 },
  );
});

test("one pixel by hand: levels, gain, bias, dark, flat, saturation", () => {
  const planes = {
    stride: 2,
    image: new Float32Array(2),
    variance: new Float32Array(2),
    mask: new Uint32Array(2),
    bias: Float32Array.of(3, 3),
    biasScale: 2,
    dark: Float32Array.of(0.5, 0.5),
    darkScale: 10,
    flat: Float32Array.of(0.5, 0),
    saturatedBits: 2,
    badBits: 1,
  };
  isrFuse(
    {
      raw: Uint16Array.of(1200, 1100),
      rawStride: 2,
      rawX0: 0,
      rawY0: 0,
      width: 2,
      height: 1,
      rowLevel: Float32Array.of(1000),
      gain: 2,
      readNoise: 4,
      saturationAdu: 200,
      dstX0: 0,
      dstY0: 0,
      flipX: true,
      flipY: false,
    },
    planes,
  );
  // The first detector pixel is the last stored one: (1100 − 1000)·2 − 3·2 = 194 e⁻.
  assert.deepEqual([...planes.image], [(194 - 5) / 0.5, 0]);
  assert.deepEqual([...planes.variance], [(194 + 16) / 0.25, 0]);
  assert.deepEqual([...planes.mask], [0, 3]);
});
