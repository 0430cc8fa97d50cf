import { ARCSEC, DEGREE } from "../angle.ts";
import type { SkyWcs } from "../sky-wcs.ts";
import { createUnitVector, crossVectors, type UnitVector } from "../unit-vector.ts";
import { invertDistortion, type PlaneDistortion } from "./plane-distortion.ts";
import type { Projection } from "./projections.ts";

/** Everything a celestial WCS is made of; `createCelestialWcs` turns it into working mappings. */
export interface WcsModel {
  readonly projection: Projection;
  /** Sky position of the reference pixel, degrees. */
  readonly crvalRaDeg: number;
  readonly crvalDecDeg: number;
  /** Reference pixel, zero-based. */
  readonly crpixX: number;
  readonly crpixY: number;
  /** CD1_1, CD1_2, CD2_1, CD2_2 in degrees per pixel (first row towards east, second towards north). */
  readonly cd: readonly [number, number, number, number];
  /** Native longitude of the celestial pole; only zenithal projections take other values than the default. */
  readonly lonpoleDeg?: number;
  /** Applied to pixel offsets from the reference pixel (SIP). */
  readonly pixelDistortion?: PlaneDistortion;
  /** Applied to intermediate world coordinates in radians (TPV). */
  readonly planeDistortion?: PlaneDistortion;
  /** The FITS keywords of this mapping for a reference pixel (zero-based). */
  readonly cards: (crpixX: number, crpixY: number) => ReadonlyArray<readonly [string, string | number]>;
}

const models: WeakMap<SkyWcs, WcsModel> = new WeakMap();

/** The parts a WCS of this room was made from; undefined for a WCS of another make. */
export function findWcsModel(wcs: SkyWcs): WcsModel | undefined {
  return models.get(wcs);
}

/** A scalar mapping that writes two numbers, and NaN where the projection does not reach. */
type PointMap = (first: number, second: number, out: Float64Array) => void;

/** Default LONPOLE: 0 where the reference point is at or above the projection's own, else 180 (Paper II, 2.2). */
export function defaultLonpoleDeg(code: string, crvalDecDeg: number): number {
  return crvalDecDeg >= (code === "CAR" ? 0 : 90) ? 0 : 180;
}

/** Rotation from plane to (east, north): cosine and sine, identity for LONPOLE = 180 of a zenithal projection. */
function planeRotation(model: WcsModel): readonly [cosine: number, sine: number] {
  if (model.projection.code === "CAR") return [1, 0];
  const lonpole = model.lonpoleDeg ?? defaultLonpoleDeg(model.projection.code, model.crvalDecDeg);
  if (lonpole === 180) return [1, 0];
  if (lonpole === 0) return [-1, 0];
  return [-Math.cos(lonpole * DEGREE), -Math.sin(lonpole * DEGREE)];
}

function createForward(model: WcsModel): PointMap {
  const { projection, crpixX, crpixY, crvalRaDeg, crvalDecDeg, pixelDistortion, planeDistortion } = model;
  const [c11, c12, c21, c22] = model.cd.map((value) => value * DEGREE) as [number, number, number, number];
  const [cosine, sine] = planeRotation(model);
  const sinDec0 = Math.sin(crvalDecDeg * DEGREE);
  const cosDec0 = crvalDecDeg === 90 || crvalDecDeg === -90 ? 0 : Math.cos(crvalDecDeg * DEGREE);
  const work = new Float64Array(6);
  return (px, py, out) => {
    let u = px - crpixX;
    let v = py - crpixY;
    if (pixelDistortion !== undefined) {
      pixelDistortion.apply(u, v, work);
      u = work[0]!;
      v = work[1]!;
    }
    let x = c11 * u + c12 * v;
    let y = c21 * u + c22 * v;
    if (planeDistortion !== undefined) {
      planeDistortion.apply(x, y, work);
      x = work[0]!;
      y = work[1]!;
    }
    if (!projection.toVector(cosine * x + sine * y, cosine * y - sine * x, work)) {
      out[0] = Number.NaN;
      out[1] = Number.NaN;
      return;
    }
    const east = work[0]!;
    const north = work[1]!;
    const along = work[2]!;
    const outward = along * cosDec0 - north * sinDec0;
    const radius = Math.sqrt(outward * outward + east * east);
    let ra = crvalRaDeg + Math.atan2(east, outward) / DEGREE;
    if (ra < 0) ra += 360;
    if (ra >= 360) ra -= 360;
    out[0] = ra;
    if (outward > 0) {
      // Offset from the reference declination without cancellation: radius = outward + east²/(radius + outward).
      const excess = (east * east) / (radius + outward);
      out[1] = crvalDecDeg + Math.atan2(north - sinDec0 * excess, along + cosDec0 * excess) / DEGREE;
    } else {
      out[1] = Math.atan2(along * sinDec0 + north * cosDec0, radius) / DEGREE;
    }
  };
}

function createBackward(model: WcsModel): PointMap {
  const { projection, crpixX, crpixY, crvalRaDeg, crvalDecDeg, pixelDistortion, planeDistortion } = model;
  const [c11, c12, c21, c22] = model.cd.map((value) => value * DEGREE) as [number, number, number, number];
  const determinant = c11 * c22 - c12 * c21;
  const [cosine, sine] = planeRotation(model);
  const sinDec0 = Math.sin(crvalDecDeg * DEGREE);
  const cosDec0 = crvalDecDeg === 90 || crvalDecDeg === -90 ? 0 : Math.cos(crvalDecDeg * DEGREE);
  const work = new Float64Array(6);
  const planeSign = signAtOrigin(planeDistortion);
  const pixelSign = signAtOrigin(pixelDistortion);
  return (raDeg, decDeg, out) => {
    out[0] = Number.NaN;
    out[1] = Number.NaN;
    let dRa = raDeg - crvalRaDeg;
    if (dRa > 180 || dRa < -180) dRa -= 360 * Math.round(dRa / 360);
    const halfRa = dRa * (DEGREE * 0.5);
    const dDec = (decDeg - crvalDecDeg) * DEGREE;
    const sinHalf = Math.sin(halfRa);
    const sinD = Math.sin(dDec);
    const cosD = Math.cos(dDec);
    const cosDec = cosDec0 * cosD - sinDec0 * sinD;
    const twice = 2 * sinHalf * sinHalf * cosDec;
    const east = 2 * sinHalf * Math.cos(halfRa) * cosDec;
    if (!projection.toPlane(east, sinD + sinDec0 * twice, cosD - cosDec0 * twice, work)) return;
    const xRotated = work[0]!;
    const yRotated = work[1]!;
    let x = cosine * xRotated - sine * yRotated;
    let y = cosine * yRotated + sine * xRotated;
    if (planeDistortion !== undefined) {
      if (!invertDistortion(planeDistortion, x, y, planeSign, work)) return;
      x = work[0]!;
      y = work[1]!;
    }
    let u = (c22 * x - c12 * y) / determinant;
    let v = (c11 * y - c21 * x) / determinant;
    if (pixelDistortion !== undefined) {
      if (!invertDistortion(pixelDistortion, u, v, pixelSign, work)) return;
      u = work[0]!;
      v = work[1]!;
    }
    out[0] = u + crpixX;
    out[1] = v + crpixY;
  };
}

/** Whether a distortion keeps (1) or turns (−1) the plane's sense at its origin. */
function signAtOrigin(distortion: PlaneDistortion | undefined): number {
  if (distortion === undefined) return 1;
  const out = new Float64Array(6);
  // Slightly off the origin, where odd powers of the radius have no derivative.
  distortion.apply(1e-9, 1e-9, out);
  return out[2]! * out[5]! - out[3]! * out[4]! > 0 ? 1 : -1;
}

function mapArrays(
  map: PointMap,
  first: Float64Array,
  second: Float64Array,
  outFirst: Float64Array,
  outSecond: Float64Array,
): void {
  const point = new Float64Array(2);
  for (let i = 0; i < first.length; i++) {
    map(first[i]!, second[i]!, point);
    outFirst[i] = point[0]!;
    outSecond[i] = point[1]!;
  }
}

/** A working WCS from its parts; round trips to 1e-9 pixel where a pixel is at least about 0.2 arcsec (ulp of an RA). */
export function createCelestialWcs(model: WcsModel): SkyWcs {
  const forward = createForward(model);
  const backward = createBackward(model);
  const point = new Float64Array(2);
  const wcs: SkyWcs = {
    pixelToSky(x, y) {
      forward(x, y, point);
      return { raDeg: point[0]!, decDeg: point[1]! };
    },
    skyToPixel(raDeg, decDeg) {
      backward(raDeg, decDeg, point);
      return { x: point[0]!, y: point[1]! };
    },
    pixelToSkyArrays: (x, y, raDeg, decDeg) => mapArrays(forward, x, y, raDeg, decDeg),
    skyToPixelArrays: (raDeg, decDeg, x, y) => mapArrays(backward, raDeg, decDeg, x, y),
    pixelScaleArcsec: (x, y) => pixelScale(forward, x, y),
    toFitsCards: () => model.cards(model.crpixX, model.crpixY),
  };
  models.set(wcs, model);
  return wcs;
}

/** Square root of the area of one pixel, from the unit vectors' central differences over one pixel. */
function pixelScale(forward: PointMap, x: number, y: number): number {
  const vectorAt = (px: number, py: number): UnitVector => {
    const sky = new Float64Array(2);
    forward(px, py, sky);
    return createUnitVector(sky[0]!, sky[1]!);
  };
  const subtract = (a: UnitVector, b: UnitVector): UnitVector => ({
    x: a.x - b.x,
    y: a.y - b.y,
    z: a.z - b.z,
  });
  const area = crossVectors(
    subtract(vectorAt(x + 0.5, y), vectorAt(x - 0.5, y)),
    subtract(vectorAt(x, y + 0.5), vectorAt(x, y - 0.5)),
  );
  return Math.sqrt(Math.hypot(area.x, area.y, area.z)) / ARCSEC;
}
