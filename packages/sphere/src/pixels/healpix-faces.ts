import type { UnitVector } from "../unit-vector.ts";

/**
 * HEALPix (Górski et al. 2005, ApJ 622, 759): twelve square faces, each of nside × nside pixels. A pixel is a face and a
 * column and row in it, x towards north-east, y towards north-west.
 */
export interface FacePixel {
  readonly face: number;
  readonly x: number;
  readonly y: number;
}

/** Ring of each face's southernmost corner, in units of nside. */
const FACE_RING = [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4];
/** Longitude of each face's corner, in units of π/4. */
const FACE_LON = [1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7];

/** The face of a position in the equatorial belt from the faces of its two diagonals. */
function beltFace(ascending: number, descending: number): number {
  if (ascending === descending) return ascending | 4;
  return ascending < descending ? ascending : descending + 8;
}

/** The pixel that holds a direction. */
export function facePixelOf(v: UnitVector, nside: number): FacePixel {
  const z = v.z / Math.sqrt(v.x * v.x + v.y * v.y + v.z * v.z);
  const height = Math.abs(z);
  let quarter = v.x === 0 && v.y === 0 ? 0 : Math.atan2(v.y, v.x) / (0.5 * Math.PI);
  if (quarter < 0) quarter += 4;
  if (quarter >= 4) quarter -= 4;
  if (height <= 2 / 3) {
    const along = nside * (0.5 + quarter);
    const across = nside * (0.75 * z);
    const ascending = Math.floor(along - across);
    const descending = Math.floor(along + across);
    return {
      face: beltFace(Math.floor(ascending / nside), Math.floor(descending / nside)),
      x: descending % nside,
      y: nside - (ascending % nside) - 1,
    };
  }
  const sector = Math.min(3, Math.floor(quarter));
  const fraction = quarter - sector;
  // Near the poles 1 − |z| loses digits; the distance from the axis does not.
  const reach =
    height < 0.99
      ? nside * Math.sqrt(3 * (1 - height))
      : (nside * Math.sqrt((v.x * v.x + v.y * v.y) / (v.x * v.x + v.y * v.y + v.z * v.z))) /
        Math.sqrt((1 + height) / 3);
  const ascending = Math.min(nside - 1, Math.floor(fraction * reach));
  const descending = Math.min(nside - 1, Math.floor((1 - fraction) * reach));
  if (z >= 0) return { face: sector, x: nside - descending - 1, y: nside - ascending - 1 };
  return { face: sector + 8, x: ascending, y: descending };
}

/** The direction of a point of a face; x and y from 0 to 1 across the face. */
export function faceToVector(face: number, x: number, y: number): UnitVector {
  const ring = FACE_RING[face]! - x - y;
  let width = 1;
  let z = ((2 - ring) * 2) / 3;
  let fromAxis = Math.sqrt((1 - z) * (1 + z));
  if (ring < 1 || ring > 3) {
    width = ring < 1 ? ring : 4 - ring;
    const depth = (width * width) / 3;
    z = ring < 1 ? 1 - depth : depth - 1;
    fromAxis = Math.sqrt(depth * (2 - depth));
  }
  let eighth = FACE_LON[face]! * width + x - y;
  if (eighth < 0) eighth += 8;
  if (eighth >= 8) eighth -= 8;
  const lon = width < 1e-15 ? 0 : (0.25 * Math.PI * eighth) / width;
  return { x: fromAxis * Math.cos(lon), y: fromAxis * Math.sin(lon), z };
}

/** The bits of a number below 2^16 spread to the even places. */
function spreadBits(value: number): number {
  let v = value;
  v = (v | (v << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  v = (v | (v << 1)) & 0x55555555;
  return v;
}

/** The bits in the even places of a 32-bit number, gathered. */
function gatherBits(value: number): number {
  let v = value & 0x55555555;
  v = (v | (v >>> 1)) & 0x33333333;
  v = (v | (v >>> 2)) & 0x0f0f0f0f;
  v = (v | (v >>> 4)) & 0x00ff00ff;
  v = (v | (v >>> 8)) & 0x0000ffff;
  return v;
}

/** NEST number of a pixel. */
export function nestOfFacePixel({ face, x, y }: FacePixel, nside: number): number {
  const low = (spreadBits(x & 0xffff) | (spreadBits(y & 0xffff) << 1)) >>> 0;
  const high = spreadBits(x >>> 16) | (spreadBits(y >>> 16) << 1);
  return face * nside * nside + high * 2 ** 32 + low;
}

/** The pixel of a NEST number. */
export function facePixelOfNest(index: number, nside: number): FacePixel {
  const face = Math.floor(index / (nside * nside));
  const inFace = index - face * nside * nside;
  const high = Math.floor(inFace / 2 ** 32);
  const low = (inFace - high * 2 ** 32) >>> 0;
  return {
    face,
    x: gatherBits(low) + gatherBits(high) * 65_536,
    y: gatherBits(low >>> 1) + gatherBits(high >>> 1) * 65_536,
  };
}

/** RING number of a pixel. */
export function ringOfFacePixel({ face, x, y }: FacePixel, nside: number): number {
  const pixelCount = 12 * nside * nside;
  const ring = FACE_RING[face]! * nside - x - y - 1;
  let width = nside;
  let before = 2 * nside * (nside - 1) + (ring - nside) * 4 * nside;
  let shift = (ring - nside) & 1;
  if (ring < nside || ring > 3 * nside) {
    width = ring < nside ? ring : 4 * nside - ring;
    before = ring < nside ? 2 * width * (width - 1) : pixelCount - 2 * (width + 1) * width;
    shift = 0;
  }
  let place = Math.floor((FACE_LON[face]! * width + x - y + 1 + shift) / 2);
  if (place > 4 * nside) place -= 4 * nside;
  else if (place < 1) place += 4 * nside;
  return before + place - 1;
}

/** The pixel of a RING number. */
export function facePixelOfRing(index: number, nside: number): FacePixel {
  const pixelCount = 12 * nside * nside;
  const capCount = 2 * nside * (nside - 1);
  let ring: number;
  let place: number;
  let width = nside;
  let shift = 0;
  let face: number;
  if (index < capCount) {
    ring = Math.floor((1 + integerRoot(1 + 2 * index)) / 2);
    place = index + 1 - 2 * ring * (ring - 1);
    width = ring;
    face = Math.floor((place - 1) / width);
  } else if (index < pixelCount - capCount) {
    const inBelt = index - capCount;
    const row = Math.floor(inBelt / (4 * nside));
    ring = row + nside;
    place = inBelt - row * 4 * nside + 1;
    shift = (ring + nside) & 1;
    const descending = Math.floor((place - Math.floor((row + 1) / 2) + nside - 1) / nside);
    const ascending = Math.floor((place - Math.floor((2 * nside + 1 - row) / 2) + nside - 1) / nside);
    face = beltFace(ascending, descending);
  } else {
    const fromEnd = pixelCount - index;
    width = Math.floor((1 + integerRoot(2 * fromEnd - 1)) / 2);
    place = 4 * width + 1 - (fromEnd - 2 * width * (width - 1));
    ring = 4 * nside - width;
    face = Math.floor((place - 1) / width) + 8;
  }
  const down = ring - FACE_RING[face]! * nside + 1;
  let across = 2 * place - FACE_LON[face]! * width - shift - 1;
  if (across >= 2 * nside) across -= 8 * nside;
  return { face, x: (across - down) / 2, y: (-across - down) / 2 };
}

/** Largest integer whose square is not above a number. */
function integerRoot(value: number): number {
  const root = Math.floor(Math.sqrt(value));
  if (root * root > value) return root - 1;
  return (root + 1) * (root + 1) <= value ? root + 1 : root;
}
