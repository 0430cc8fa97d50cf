import { crossVectors, dotVectors, type UnitVector, vectorLength } from "../unit-vector.ts";

/**
 * Smallest squared chord from v to the inside of the great-circle segment from a to b with normal n; 4 where the closest
 * point of the great circle is not inside the segment.
 */
export function minSquaredChord(v: UnitVector, a: UnitVector, b: UnitVector, n: UnitVector): number {
  const across = crossVectors(v, n);
  if (!(dotVectors(across, a) > 0 && dotVectors(across, b) < 0)) return 4;
  const sine = Math.abs(dotVectors(v, n));
  const cosine = vectorLength(across);
  const angle = cosine === 0 ? 0.5 * Math.PI : Math.atan(sine / cosine);
  const half = Math.sin(0.5 * angle);
  return 4 * half * half;
}

/** Largest squared chord from v to the inside of a segment; 0 where the farthest point is not inside. */
export function maxSquaredChord(v: UnitVector, a: UnitVector, b: UnitVector, n: UnitVector): number {
  const across = crossVectors(v, n);
  if (!(dotVectors(across, a) < 0 && dotVectors(across, b) > 0)) return 0;
  const half = Math.sin(0.5 * Math.atan2(Math.abs(dotVectors(v, n)), -vectorLength(across)));
  return 4 * half * half;
}
