import { AlmagestError } from "@almagest/base";
import type { UnitVector } from "../unit-vector.ts";
import { createLongitudeInterval } from "./longitude-interval.ts";
import { createIntersection, createUnion, type Region } from "./region.ts";
import { boxFromIntervals } from "./sky-box.ts";

/**
 * The bytes of sphgeom's regions, as Butler tables store them: a letter for the kind, then little-endian doubles, or, for
 * unions and intersections, the parts, each after its length as a 64-bit integer.
 */
const LETTERS = { circle: "c", box: "b", polygon: "p", ellipse: "e", union: "u", intersection: "i" } as const;

function doublesOf(region: Exclude<Region, { regions: readonly Region[] }>): readonly number[] {
  switch (region.kind) {
    case "circle":
      return [
        region.center.x,
        region.center.y,
        region.center.z,
        region.squaredChordLength,
        region.openingAngleRad,
      ];
    case "box":
      return [region.lonA, region.lonB, region.latA, region.latB];
    case "polygon":
      return region.vertices.flatMap(({ x, y, z }) => [x, y, z]);
    case "ellipse":
      return [...region.matrix, region.a, region.b, region.gamma, region.tanA, region.tanB];
  }
}

/** A region as sphgeom's bytes. */
export function encodeRegion(region: Region): Uint8Array {
  const letter = LETTERS[region.kind].charCodeAt(0);
  if (region.kind === "union" || region.kind === "intersection") {
    const parts = region.regions.map(encodeRegion);
    const bytes = new Uint8Array(1 + parts.reduce((sum, part) => sum + 8 + part.length, 0));
    const view = new DataView(bytes.buffer);
    bytes[0] = letter;
    let offset = 1;
    for (const part of parts) {
      view.setBigUint64(offset, BigInt(part.length), true);
      bytes.set(part, offset + 8);
      offset += 8 + part.length;
    }
    return bytes;
  }
  const doubles = doublesOf(region);
  const bytes = new Uint8Array(1 + 8 * doubles.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = letter;
  doubles.forEach((value, i) => {
    view.setFloat64(1 + 8 * i, value, true);
  });
  return bytes;
}

function invalid(reason: string, length: number): AlmagestError {
  return new AlmagestError("SPHERE.REGION_INVALID", `These ${length} bytes are not a region: ${reason}.`, {
    fields: { length },
  });
}

/** The region of sphgeom's bytes; throws `SPHERE.REGION_INVALID` where they are not one. */
export function decodeRegion(bytes: Uint8Array): Region {
  const letter = String.fromCharCode(bytes[0] ?? 0);
  if (letter === "u" || letter === "i") {
    const parts = decodeParts(bytes);
    return letter === "u" ? createUnion(parts) : createIntersection(parts);
  }
  const count = (bytes.length - 1) / 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const d =
    Number.isInteger(count) && count > 0
      ? Array.from({ length: count }, (_, i) => view.getFloat64(1 + 8 * i, true))
      : [];
  const vector = (i: number): UnitVector => ({ x: d[i]!, y: d[i + 1]!, z: d[i + 2]! });
  if (letter === "c" && count === 5) {
    return { kind: "circle", center: vector(0), squaredChordLength: d[3]!, openingAngleRad: d[4]! };
  }
  if (letter === "b" && count === 4) {
    const lon = createLongitudeInterval(d[0]!, d[1]!);
    if (lon === undefined) throw invalid("its longitudes run backwards", bytes.length);
    return boxFromIntervals(lon, d[2]!, d[3]!);
  }
  if (letter === "p" && count >= 9 && count % 3 === 0) {
    return { kind: "polygon", vertices: Array.from({ length: count / 3 }, (_, i) => vector(3 * i)) };
  }
  if (letter === "e" && count === 14) {
    return {
      kind: "ellipse",
      matrix: d.slice(0, 9),
      a: d[9]!,
      b: d[10]!,
      gamma: d[11]!,
      tanA: d[12]!,
      tanB: d[13]!,
    };
  }
  throw invalid("the first is no kind of region, or their number does not fit it", bytes.length);
}

function decodeParts(bytes: Uint8Array): Region[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Region[] = [];
  let offset = 1;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw invalid("they are cut off", bytes.length);
    const length = Number(view.getBigUint64(offset, true));
    if (offset + 8 + length > bytes.length) throw invalid("they are cut off", bytes.length);
    parts.push(decodeRegion(bytes.subarray(offset + 8, offset + 8 + length)));
    offset += 8 + length;
  }
  return parts;
}

/** A region as base64 of its bytes. */
export function regionToBase64(region: Region): string {
  return encodeRegion(region).toBase64();
}

/** The region of base64 text: texts joined by `:` are a union, the empty text is the empty union. Throws `SPHERE.REGION_INVALID`. */
export function regionFromBase64(text: string): Region {
  if (text === "") return createUnion([]);
  const parts = text.split(":").map((part) => {
    let bytes: Uint8Array;
    try {
      bytes = Uint8Array.fromBase64(part);
    } catch (cause) {
      throw new AlmagestError("SPHERE.REGION_INVALID", "The text of a region is not base64.", { cause });
    }
    return decodeRegion(bytes);
  });
  return parts.length === 1 ? parts[0]! : createUnion(parts);
}
