/**
 * How region A lies to region B, as bits that are set only when certain: A ∩ B = ∅, A ⊇ B, A ⊆ B. No bit set means that they
 * intersect, or that it is not known. The bits, the tolerances and the order of tests follow sphgeom's, so that verdicts agree.
 */
export type Relationship = number;

export const INTERSECTS = 0;
export const DISJOINT = 1;
export const CONTAINS = 2;
export const WITHIN = 4;

/** The relationship of B to A from that of A to B. */
export function invertRelationship(r: Relationship): Relationship {
  return (r & DISJOINT) | ((r & CONTAINS) << 1) | ((r & WITHIN) >> 1);
}

/** Largest error of an arcsine of a rounded number near 1, radians. */
export const MAX_ASIN_ERROR = 1.5e-8;
/** Largest error of a computed squared chord length. */
export const MAX_CHORD_ERROR = 2.5e-15;
