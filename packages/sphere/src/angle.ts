/** Radians in one degree. */
export const DEGREE: number = Math.PI / 180;
/** Radians in one second of arc. */
export const ARCSEC: number = Math.PI / 648_000;

/** An angle in degrees brought into [0, 360). */
export function wrapDegrees(angleDeg: number): number {
  if (angleDeg >= 0 && angleDeg < 360) return angleDeg;
  const wrapped = angleDeg - 360 * Math.floor(angleDeg / 360);
  return wrapped >= 360 ? 0 : wrapped;
}

/** The difference of two angles in degrees brought into [−180, 180]; exact where the two are within 360° of each other. */
export function wrapDifferenceDegrees(differenceDeg: number): number {
  if (differenceDeg > 180 || differenceDeg < -180)
    return differenceDeg - 360 * Math.round(differenceDeg / 360);
  return differenceDeg;
}

/** Angle on the sky between two positions (degrees), in arcsec; accurate at every separation (Vincenty's formula). */
export function angularSeparationArcsec(
  raDegA: number,
  decDegA: number,
  raDegB: number,
  decDegB: number,
): number {
  const halfRa = wrapDifferenceDegrees(raDegB - raDegA) * DEGREE * 0.5;
  const dDec = (decDegB - decDegA) * DEGREE;
  const cosA = Math.cos(decDegA * DEGREE);
  const cosB = Math.cos(decDegB * DEGREE);
  const sinA = Math.sin(decDegA * DEGREE);
  const sinHalf = Math.sin(halfRa);
  const twice = 2 * sinHalf * sinHalf;
  const east = cosB * 2 * sinHalf * Math.cos(halfRa);
  const north = Math.sin(dDec) + cosB * sinA * twice;
  const along = Math.cos(dDec) - cosB * cosA * twice;
  return Math.atan2(Math.hypot(east, north), along) / ARCSEC;
}

/** The position reached from one position (degrees) by going `distanceArcsec` towards `bearingDeg`, north through east. */
export function offsetPosition(
  raDeg: number,
  decDeg: number,
  bearingDeg: number,
  distanceArcsec: number,
): { raDeg: number; decDeg: number } {
  const distance = distanceArcsec * ARCSEC;
  const east = Math.sin(distance) * Math.sin(bearingDeg * DEGREE);
  const north = Math.sin(distance) * Math.cos(bearingDeg * DEGREE);
  const along = Math.cos(distance);
  const sinDec = Math.sin(decDeg * DEGREE);
  const cosDec = Math.cos(decDeg * DEGREE);
  const outward = along * cosDec - north * sinDec;
  const up = along * sinDec + north * cosDec;
  return {
    raDeg: wrapDegrees(raDeg + Math.atan2(east, outward) / DEGREE),
    decDeg: Math.atan2(up, Math.hypot(east, outward)) / DEGREE,
  };
}
