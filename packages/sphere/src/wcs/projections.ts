/**
 * A projection between the plane and the sphere (Calabretta & Greisen 2002, A&A 395, 1077). The sphere is described by the
 * vector (east, north, along) in the frame of the reference point; plane coordinates are in radians, east and north
 * positive. Each function writes its result into `out` and returns false where the projection does not reach.
 */
export interface Projection {
  /** FITS code, such as `TAN`. */
  readonly code: string;
  /** Writes (east, north, along), of any positive length, for a point of the plane. */
  toVector(x: number, y: number, out: Float64Array): boolean;
  /** Writes (x, y) for a unit vector. */
  toPlane(east: number, north: number, along: number, out: Float64Array): boolean;
}

/** Gnomonic: every telescope's tangent plane. */
const TAN: Projection = {
  code: "TAN",
  toVector(x, y, out) {
    out[0] = x;
    out[1] = y;
    out[2] = 1;
    return true;
  },
  toPlane(east, north, along, out) {
    if (!(along > 0)) return false;
    out[0] = east / along;
    out[1] = north / along;
    return true;
  },
};

/** Orthographic: the synthesis telescopes' plane (without the slant terms PV2_1, PV2_2). */
const SIN: Projection = {
  code: "SIN",
  toVector(x, y, out) {
    const square = x * x + y * y;
    if (square > 1) return false;
    out[0] = x;
    out[1] = y;
    out[2] = Math.sqrt(1 - square);
    return true;
  },
  toPlane(east, north, along, out) {
    if (along < 0) return false;
    out[0] = east;
    out[1] = north;
    return true;
  },
};

/** Stereographic. */
const STG: Projection = {
  code: "STG",
  toVector(x, y, out) {
    const quarter = (x * x + y * y) / 4;
    out[0] = x;
    out[1] = y;
    out[2] = 1 - quarter;
    return true;
  },
  toPlane(east, north, along, out) {
    if (!(along > -1)) return false;
    const factor = 2 / (1 + along);
    out[0] = east * factor;
    out[1] = north * factor;
    return true;
  },
};

/** Zenithal equidistant. */
const ARC: Projection = {
  code: "ARC",
  toVector(x, y, out) {
    const angle = Math.hypot(x, y);
    if (angle > Math.PI) return false;
    const factor = angle < 1e-8 ? 1 : Math.sin(angle) / angle;
    out[0] = x * factor;
    out[1] = y * factor;
    out[2] = Math.cos(angle);
    return true;
  },
  toPlane(east, north, along, out) {
    const sine = Math.hypot(east, north);
    const factor = sine < 1e-12 ? (along > 0 ? 1 : Number.NaN) : Math.atan2(sine, along) / sine;
    out[0] = east * factor;
    out[1] = north * factor;
    return !Number.isNaN(factor);
  },
};

/** Zenithal equal-area. */
const ZEA: Projection = {
  code: "ZEA",
  toVector(x, y, out) {
    const square = x * x + y * y;
    if (square > 4) return false;
    const factor = Math.sqrt(1 - square / 4);
    out[0] = x * factor;
    out[1] = y * factor;
    out[2] = 1 - square / 2;
    return true;
  },
  toPlane(east, north, along, out) {
    if (!(along > -1)) return false;
    const factor = Math.sqrt(2 / (1 + along));
    out[0] = east * factor;
    out[1] = north * factor;
    return true;
  },
};

/** Plate carrée, with its reference point on the native equator and the default orientation of the pole. */
const CAR: Projection = {
  code: "CAR",
  toVector(x, y, out) {
    const cosLat = Math.cos(y);
    out[0] = Math.sin(x) * cosLat;
    out[1] = Math.sin(y);
    out[2] = Math.cos(x) * cosLat;
    return Math.abs(x) <= 2 * Math.PI && Math.abs(y) <= Math.PI / 2 + 1e-12;
  },
  toPlane(east, north, along, out) {
    out[0] = Math.atan2(east, along);
    out[1] = Math.atan2(north, Math.hypot(east, along));
    return true;
  },
};

/** The projections this room knows, by FITS code; TPV is TAN with a distortion of the plane. */
export const PROJECTIONS: ReadonlyMap<string, Projection> = new Map(
  [TAN, SIN, STG, ARC, ZEA, CAR].map((projection) => [projection.code, projection]),
);
