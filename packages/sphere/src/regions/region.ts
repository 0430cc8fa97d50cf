import type { UnitVector } from "../unit-vector.ts";

/** All directions within an angle of a centre. Empty when the squared chord length is negative, full from 4 on. */
export interface Circle {
  readonly kind: "circle";
  readonly center: UnitVector;
  readonly squaredChordLength: number;
  readonly openingAngleRad: number;
}

/**
 * A range of longitude and latitude in radians, borders included; longitude runs eastwards from lonA to lonB and may pass
 * 2π (lonA > lonB). Empty when the numbers are NaN; all longitudes are [0, 2π].
 */
export interface SkyBox {
  readonly kind: "box";
  readonly lonA: number;
  readonly lonB: number;
  readonly latA: number;
  readonly latB: number;
}

/** A convex polygon with great-circle edges, its vertices counter-clockwise as seen from outside the sphere. */
export interface ConvexPolygon {
  readonly kind: "polygon";
  readonly vertices: readonly UnitVector[];
}

/** A spherical ellipse, in sphgeom's terms: the matrix that turns its centre to +z, its semi-axes minus π/2, half its focal angle. */
export interface Ellipse {
  readonly kind: "ellipse";
  /** Orthogonal matrix, row by row. */
  readonly matrix: readonly number[];
  readonly a: number;
  readonly b: number;
  readonly gamma: number;
  readonly tanA: number;
  readonly tanB: number;
}

/** Everything in any of its parts. */
export interface UnionRegion {
  readonly kind: "union";
  readonly regions: readonly Region[];
}

/** Everything in all of its parts; the whole sky when it has none. */
export interface IntersectionRegion {
  readonly kind: "intersection";
  readonly regions: readonly Region[];
}

/** A region of the sky. */
export type Region = Circle | SkyBox | ConvexPolygon | Ellipse | UnionRegion | IntersectionRegion;

/** Regions made of one piece. */
export type SimpleRegion = Circle | SkyBox | ConvexPolygon | Ellipse;

/** Joins regions; unions among them give their parts, as sphgeom does. */
export function createUnion(regions: readonly Region[]): UnionRegion {
  return {
    kind: "union",
    regions: regions.flatMap((region) => (region.kind === "union" ? region.regions : [region])),
  };
}

/** Intersects regions; intersections among them give their parts. */
export function createIntersection(regions: readonly Region[]): IntersectionRegion {
  const parts = regions.flatMap((region) => (region.kind === "intersection" ? region.regions : [region]));
  return { kind: "intersection", regions: parts };
}
