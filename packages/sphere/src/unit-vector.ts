import { DEGREE, wrapDegrees } from "./angle.ts";

/** A direction: x towards (RA, Dec) = (0°, 0°), y towards (90°, 0°), z towards the north pole; length one. */
export interface UnitVector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** The unit vector of a sky position in degrees. */
export function createUnitVector(raDeg: number, decDeg: number): UnitVector {
  return unitVectorFromRadians(raDeg * DEGREE, decDeg * DEGREE);
}

/** The unit vector of a longitude and latitude in radians. */
export function unitVectorFromRadians(lonRad: number, latRad: number): UnitVector {
  const cosLat = Math.cos(latRad);
  return { x: Math.cos(lonRad) * cosLat, y: Math.sin(lonRad) * cosLat, z: Math.sin(latRad) };
}

/** The sky position, in degrees, of a vector of any length but zero. */
export function vectorToSky(vector: UnitVector): { raDeg: number; decDeg: number } {
  const { x, y, z } = vector;
  const raDeg = x === 0 && y === 0 ? 0 : wrapDegrees(Math.atan2(y, x) / DEGREE);
  return { raDeg, decDeg: Math.atan2(z, Math.sqrt(x * x + y * y)) / DEGREE };
}

/** The vector scaled to length one. */
export function normalizeVector(x: number, y: number, z: number): UnitVector {
  const length = Math.sqrt(x * x + y * y + z * z);
  return { x: x / length, y: y / length, z: z / length };
}

/** Scalar product of two vectors. */
export function dotVectors(a: UnitVector, b: UnitVector): number {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/** Vector product of two vectors; its length is the sine of the angle between two unit vectors. */
export function crossVectors(a: UnitVector, b: UnitVector): UnitVector {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
}
