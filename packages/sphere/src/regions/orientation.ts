import { equalVectors, negateVector, type UnitVector } from "../unit-vector.ts";

/** A double as an integer times a power of two, exactly. */
function splitDouble(value: number): { mantissa: bigint; exponent: number } {
  if (value === 0) return { mantissa: 0n, exponent: 0 };
  let exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -1022) - 52;
  // Scaling by a power of two is exact; two steps keep it in range for subnormal numbers.
  let scaled = value / 2 ** Math.trunc(exponent / 2) / 2 ** (exponent - Math.trunc(exponent / 2));
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent--;
  }
  return { mantissa: BigInt(scaled), exponent };
}

/** Sign of the determinant of three vectors in exact arithmetic. */
function orientationExact(a: UnitVector, b: UnitVector, c: UnitVector): number {
  const terms: [number, number, number, bigint][] = [
    [a.x, b.y, c.z, 1n],
    [a.x, b.z, c.y, -1n],
    [a.y, b.z, c.x, 1n],
    [a.y, b.x, c.z, -1n],
    [a.z, b.x, c.y, 1n],
    [a.z, b.y, c.x, -1n],
  ];
  const products = terms.map(([p, q, r, sign]) => {
    const [sp, sq, sr] = [splitDouble(p), splitDouble(q), splitDouble(r)];
    return {
      mantissa: sign * sp.mantissa * sq.mantissa * sr.mantissa,
      exponent: sp.exponent + sq.exponent + sr.exponent,
    };
  });
  const lowest = Math.min(
    ...products.filter((product) => product.mantissa !== 0n).map((product) => product.exponent),
    0,
  );
  let sum = 0n;
  for (const { mantissa, exponent } of products) {
    if (mantissa !== 0n) sum += mantissa << BigInt(exponent - lowest);
  }
  return sum > 0n ? 1 : sum < 0n ? -1 : 0;
}

/**
 * Which side of the great circle from b to c the vector a lies on: 1 left (counter-clockwise), −1 right, 0 on it; exact.
 * The floating-point filter has the error bounds of Shewchuk (1997, Discrete & Computational Geometry 18, 305).
 */
export function orientation(a: UnitVector, b: UnitVector, c: UnitVector): number {
  const bycz = b.y * c.z;
  const bzcy = b.z * c.y;
  const bzcx = b.z * c.x;
  const bxcz = b.x * c.z;
  const bxcy = b.x * c.y;
  const bycx = b.y * c.x;
  const determinant = a.x * (bycz - bzcy) + a.y * (bzcx - bxcz) + a.z * (bxcy - bycx);
  if (determinant > 1.7e-15) return 1;
  if (determinant < -1.7e-15) return -1;
  const permanent =
    Math.abs(a.x) * (Math.abs(bycz) + Math.abs(bzcy)) +
    Math.abs(a.y) * (Math.abs(bzcx) + Math.abs(bxcz)) +
    Math.abs(a.z) * (Math.abs(bxcy) + Math.abs(bycx));
  const bound = 5.6e-16 * permanent + 4e-307;
  if (determinant > bound) return 1;
  if (determinant < -bound) return -1;
  if (equalVectors(a, b) || equalVectors(b, c) || equalVectors(a, c)) return 0;
  if (
    equalVectors(a, negateVector(b)) ||
    equalVectors(b, negateVector(c)) ||
    equalVectors(a, negateVector(c))
  )
    return 0;
  return orientationExact(a, b, c);
}

/** The orientation of the north pole with respect to the great circle from b to c. */
export function orientationZ(b: UnitVector, c: UnitVector): number {
  const first = b.x * c.y;
  const second = b.y * c.x;
  const determinant = first - second;
  const bound = 1.12e-16 * (Math.abs(first) + Math.abs(second)) + 1e-307;
  if (determinant > bound) return 1;
  if (determinant < -bound) return -1;
  return orientationExact({ x: 0, y: 0, z: 1 }, b, c);
}
