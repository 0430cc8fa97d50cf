import { AlmagestError } from "@almagest/base";
import { ARCSEC, DEGREE } from "../angle.ts";
import {
  createUnitVector,
  crossVectors,
  dotVectors,
  normalizeVector,
  type UnitVector,
} from "../unit-vector.ts";
import { circleFromAngle } from "./circle.ts";
import type { Circle, Ellipse } from "./region.ts";
import { MAX_ASIN_ERROR } from "./relationship.ts";

const HALF_PI = 0.5 * Math.PI;

/** Direction of north at a vector (−x at the north pole, +x at the south pole). */
function northFrom(v: UnitVector): UnitVector {
  const square = v.x * v.x + v.y * v.y;
  if (square === 0) return { x: v.z < 0 ? 1 : -1, y: 0, z: 0 };
  return normalizeVector(-v.x * v.z, -v.y * v.z, square);
}

/**
 * A spherical ellipse: centre in degrees, semi-major and semi-minor angles in arcsec (both below 90°), position angle of the
 * major axis from north through east in degrees. Throws `SPHERE.REGION_INVALID` for axes that are not so.
 */
export function createEllipse(
  raDeg: number,
  decDeg: number,
  semiMajorArcsec: number,
  semiMinorArcsec: number,
  positionAngleDeg: number,
): Ellipse {
  const alpha = semiMajorArcsec * ARCSEC;
  const beta = semiMinorArcsec * ARCSEC;
  if (!(beta >= 0 && alpha >= beta && alpha < HALF_PI)) {
    throw new AlmagestError(
      "SPHERE.REGION_INVALID",
      `An ellipse needs 0 ≤ minor ≤ major < 90°, not ${semiMajorArcsec}″ and ${semiMinorArcsec}″.`,
      { fields: { semiMajorArcsec, semiMinorArcsec } },
    );
  }
  const center = createUnitVector(raDeg, decDeg);
  const north = northFrom(center);
  const east = crossVectors(north, center);
  const cosine = Math.cos(positionAngleDeg * DEGREE);
  const sine = Math.sin(positionAngleDeg * DEGREE);
  const major = normalizeVector(
    north.x * cosine + east.x * sine,
    north.y * cosine + east.y * sine,
    north.z * cosine + east.z * sine,
  );
  const cross = crossVectors(major, center);
  const minor = normalizeVector(cross.x, cross.y, cross.z);
  const a = alpha - HALF_PI;
  const b = beta - HALF_PI;
  return {
    kind: "ellipse",
    matrix: [major.x, major.y, major.z, minor.x, minor.y, minor.z, center.x, center.y, center.z],
    a,
    b,
    gamma: Math.acos(Math.min(1, Math.max(-1, Math.cos(alpha) / Math.cos(beta)))),
    tanA: Math.abs(Math.tan(a)),
    tanB: Math.abs(Math.tan(b)),
  };
}

/** The centre of an ellipse. */
function ellipseCenter(e: Ellipse): UnitVector {
  return { x: e.matrix[6]!, y: e.matrix[7]!, z: e.matrix[8]! };
}

/** Whether a direction is inside an ellipse or on its border. */
export function ellipseContains(e: Ellipse, v: UnitVector): boolean {
  const c = ellipseCenter(e);
  const along = dotVectors(v, c);
  // Near ±centre the difference is turned instead of the vector, which keeps small ellipses accurate.
  const offset = along > 0.5 ? 1 : along < -0.5 ? -1 : 0;
  const u = { x: v.x - offset * c.x, y: v.y - offset * c.y, z: v.z - offset * c.z };
  const m = e.matrix;
  const x = (m[0]! * u.x + m[1]! * u.y + m[2]! * u.z) * e.tanA;
  const y = (m[3]! * u.x + m[4]! * u.y + m[5]! * u.z) * e.tanB;
  const z = m[6]! * u.x + m[7]! * u.y + m[8]! * u.z + offset;
  const d = x * x + y * y - z * z;
  return e.a > 0 ? z >= 0 || d >= 0 : z >= 0 && d <= 0;
}

/** The circle around an ellipse, by which its relations are judged. */
export function ellipseBoundingCircle(e: Ellipse): Circle {
  return circleFromAngle(ellipseCenter(e), Math.max(HALF_PI + e.a, HALF_PI + e.b) + 2 * MAX_ASIN_ERROR);
}

/** Whether an ellipse holds nothing. */
export function isEmptyEllipse(e: Ellipse): boolean {
  return HALF_PI + e.a < e.gamma;
}
