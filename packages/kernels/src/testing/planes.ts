import assert from "node:assert/strict";
import type { Random } from "@almagest/base";

/** Normal deviates about zero; a share of them NaN or infinite if asked. */
export function randomPlane(random: Random, size: number, oddShare = 0): Float32Array {
  return Float32Array.from({ length: size }, () => {
    if (oddShare > 0 && random.uniform() < oddShare) {
      return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][random.integer(3)]!;
    }
    return random.normal();
  });
}

/** Masks of which about one in eight has any of the lowest three bits. */
export function randomMask(random: Random, size: number): Uint32Array {
  return Uint32Array.from({ length: size }, () => (random.integer(8) === 0 ? random.integer(8) : 0) + 16);
}

/** Asserts that two planes are equal bit for bit (any NaN equals any NaN). */
export function assertSameBits(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      assert.fail(`element ${i} is ${actual[i]}, should be ${expected[i]}`);
    }
  }
}
