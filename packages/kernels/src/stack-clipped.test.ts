import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, isAlmagestError, type Random } from "@almagest/base";
import fc from "fast-check";
import { stackClippedPlain } from "./oracle/stack-clipped.ts";
import { type StackInput, type StackOptions, type StackOutput, stackClipped } from "./stack-clipped.ts";
import { sortingPairs } from "./strips/stack-chunks.ts";
import { assertSameBits, randomMask, randomPlane } from "./testing/planes.ts";

function makeOutput(size: number): Required<StackOutput> {
  return {
    image: new Float32Array(size),
    variance: new Float32Array(size),
    count: new Uint16Array(size),
    mask: new Uint32Array(size),
  };
}

function makeInput(random: Random, size: number, flags: number, offset: number): StackInput {
  const image = randomPlane(random, size, 0.03).map((v) => offset + v);
  for (let i = 0; i < size / 8; i++) image[random.integer(size)] = 50 * random.normal();
  return {
    image,
    ...(flags & 1 && { variance: randomPlane(random, size, 0.02).map((v) => 1 + 0.3 * v) }),
    ...(flags & 2 && { mask: randomMask(random, size) }),
    ...(flags & 4 && { weight: random.uniform() }),
  };
}

test("stackClipped equals its plain twin bit for bit", () => {
  const shape = fc.record({
    n: fc.integer({ min: 1, max: 64 }),
    size: fc.integer({ min: 1, max: 60 }),
    flags: fc.integer({ min: 0, max: 7 }),
    deviation: fc.constantFrom("variance" as const, "sample" as const),
    clipSigma: fc.constantFrom(0, 1, 2.5),
    iterations: fc.integer({ min: 1, max: 4 }),
    tolerance: fc.constantFrom(0, 0.1),
    inverseVariance: fc.boolean(),
    offset: fc.constantFrom(0, 10),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(shape, ({ n, size, flags, offset, seed, ...rest }) => {
      const random = createRandom(seed);
      const inputs = Array.from({ length: n }, () => makeInput(random, size, flags, offset));
      const options: StackOptions = {
        ...rest,
        badBits: 3,
        clippedBits: 1 << 12,
        noDataBits: 1 << 8,
        fill: -7,
      };
      const [fast, plain] = [makeOutput(size), makeOutput(size)];
      stackClipped(inputs, fast, options);
      stackClippedPlain(inputs, plain, options);
      for (const key of ["count", "mask", "image", "variance"] as const)
        assertSameBits(fast[key], plain[key]);
    }),
    { numRuns: 200 },
  );
});

test("the sorting network sorts any number of elements", () => {
  const random = createRandom("sort");
  for (let n = 1; n <= 64; n++) {
    const values = Array.from({ length: n }, () => random.integer(50));
    const pairs = sortingPairs(n);
    const sorted = values.slice();
    for (let p = 0; p < pairs.length; p += 2) {
      const [a, b] = [pairs[p]! / 16, pairs[p + 1]! / 16];
      [sorted[a], sorted[b]] = [Math.min(sorted[a]!, sorted[b]!), Math.max(sorted[a]!, sorted[b]!)];
    }
    assert.deepEqual(
      sorted,
      values.toSorted((a, b) => a - b),
    );
  }
});

test("an outlier is clipped and flagged; noise falls with the number kept; empty pixels are flagged", () => {
  const values = [1, 1.1, 0.9, 1, 50];
  const inputs = values.map((value) => ({
    image: Float32Array.of(value, Number.NaN),
    variance: Float32Array.of(0.04, 0.04),
    mask: Uint32Array.of(value === 50 ? 8 : 32, 0),
  }));
  const output = makeOutput(2);
  stackClipped(inputs, output, { badBits: 1, clipSigma: 4, clippedBits: 4096, noDataBits: 256 });
  assert.ok(Math.abs(output.image[0]! - 1) < 1e-6);
  assert.ok(Math.abs(output.variance[0]! - 0.01) < 1e-7);
  assert.deepEqual([...output.count], [4, 0]);
  assert.deepEqual([...output.mask], [4096 | 32, 256]);
  assert.ok(Number.isNaN(output.image[1]!));
});

test("more than 64 images are refused", () => {
  const image = new Float32Array(4);
  assert.throws(
    () => stackClipped(Array(65).fill({ image }), { image: image.slice() }, { badBits: 0, clipSigma: 3 }),
    (error) => isAlmagestError(error, "KERNELS.TOO_MANY_INPUTS"),
  );
});
