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

/** The vector scaled to length one, by way of its largest component (as sphgeom rounds it); NaN for the zero vector. */
export function normalizeVector(x: number, y: number, z: number): UnitVector {
  const largest = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
  const u = x / largest;
  const v = y / largest;
  const w = z / largest;
  // One of the three squares is exactly 1 and is added last, so that mid-points of trixel edges come out bit for bit.
  const others = Math.abs(u) === 1 ? v * v + w * w : Math.abs(v) === 1 ? u * u + w * w : u * u + v * v;
  const norm = Math.sqrt(1 + others);
  return { x: u / norm, y: v / norm, z: w / norm };
}

/** The opposite direction. */
export function negateVector(v: UnitVector): UnitVector {
  return { x: -v.x, y: -v.y, z: -v.z };
}

/** Whether two vectors have equal components. */
export function equalVectors(a: UnitVector, b: UnitVector): boolean {
  return a.x === b.x && a.y === b.y && a.z === b.z;
}

/** Twice the vector product of two unit vectors, accurate for vectors close together: (b + a) × (b − a). */
export function robustCross(a: UnitVector, b: UnitVector): UnitVector {
  const sx = b.x + a.x;
  const sy = b.y + a.y;
  const sz = b.z + a.z;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const dz = b.z - a.z;
  return { x: sy * dz - sz * dy, y: sz * dx - sx * dz, z: sx * dy - sy * dx };
}

/** Squared length of the straight line between the tips of two vectors. */
export function squaredChord(a: UnitVector, b: UnitVector): number {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  const dz = a.z - b.z;
  return dx * dx + dy * dy + dz * dz;
}

/** Length of a vector. */
export function vectorLength(v: UnitVector): number {
  return Math.sqrt(v.x * v.x + v.y * v.y + v.z * v.z);
}

/** Angle between two vectors, radians. */
export function angleBetween(a: UnitVector, b: UnitVector): number {
  const sine = vectorLength(crossVectors(a, b));
  const cosine = dotVectors(a, b);
  return sine === 0 && cosine === 0 ? 0 : Math.atan2(sine, cosine);
}

/** Longitude of a vector in [0, 2π], radians; 0 at the poles. */
export function longitudeOf(v: UnitVector): number {
  if (v.x * v.x + v.y * v.y === 0) return 0;
  const lon = Math.atan2(v.y, v.x);
  return lon < 0 ? lon + 2 * Math.PI : lon;
}

/** Latitude of a vector, radians. */
export function latitudeOf(v: UnitVector): number {
  return v.z === 0 ? 0 : Math.atan2(v.z, Math.sqrt(v.x * v.x + v.y * v.y));
}

/** Scalar product of two vectors. */
export function dotVectors(a: UnitVector, b: UnitVector): number {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/** Vector product of two vectors; its length is the sine of the angle between two unit vectors. */
export function crossVectors(a: UnitVector, b: UnitVector): UnitVector {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
}
