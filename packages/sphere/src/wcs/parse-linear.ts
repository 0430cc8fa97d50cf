import { AlmagestError } from "@almagest/base";
import { DEGREE, wrapDegrees } from "../angle.ts";
import { type HeaderLookup, readNumber, readText } from "./header-values.ts";
import type { TanWcsOptions } from "./tan-wcs.ts";

/** CDi_j from CD, or PC with CDELT, or CDELT with CROTA, in header axis order. */
function parseMatrix(lookup: HeaderLookup, lat: 1 | 2): [number, number, number, number] {
  const names = ["1_1", "1_2", "2_1", "2_2"] as const;
  const cd = names.map((name) => readNumber(lookup, `CD${name}`));
  if (cd.some((value) => value !== undefined))
    return cd.map((value) => value ?? 0) as [number, number, number, number];
  const cdelt1 = readNumber(lookup, "CDELT1") ?? 1;
  const cdelt2 = readNumber(lookup, "CDELT2") ?? 1;
  const pc = names.map(
    (name) => readNumber(lookup, `PC${name}`) ?? readNumber(lookup, `PC00${name.replace("_", "00")}`),
  );
  if (pc.some((value) => value !== undefined)) {
    const [p11, p12, p21, p22] = [pc[0] ?? 1, pc[1] ?? 0, pc[2] ?? 0, pc[3] ?? 1];
    return [cdelt1 * p11, cdelt1 * p12, cdelt2 * p21, cdelt2 * p22];
  }
  // The rotation belongs to the declination's axis (Paper II, 6.1).
  const rotation = (readNumber(lookup, `CROTA${lat}`) ?? 0) * DEGREE;
  const [cosine, sine] =
    rotation === 0 ? [1, 0] : [Math.cos(rotation), lat === 2 ? Math.sin(rotation) : -Math.sin(rotation)];
  return [cdelt1 * cosine, -cdelt2 * sine, cdelt1 * sine, cdelt2 * cosine];
}

/** Degrees in one unit of an axis. */
function unitFactor(lookup: HeaderLookup, axis: number): number {
  const unit = (readText(lookup, `CUNIT${axis}`) ?? "deg").toLowerCase();
  const factors = new Map([
    ["deg", 1],
    ["degree", 1],
    ["degrees", 1],
    ["", 1],
    ["arcmin", 1 / 60],
    ["arcsec", 1 / 3600],
    ["rad", 1 / DEGREE],
  ]);
  const factor = factors.get(unit);
  if (factor === undefined) {
    throw new AlmagestError("SPHERE.WCS_INVALID", `CUNIT${axis} = '${unit}' is not an angle; use deg.`, {
      fields: { axis, unit },
    });
  }
  return factor;
}

/**
 * Reference point, reference pixel and matrix of a header whose right ascension is on axis `lon` and declination on `lat`;
 * throws `SPHERE.WCS_INVALID` where they cannot be a mapping.
 */
export function parseLinear(lookup: HeaderLookup, lon: 1 | 2, lat: 1 | 2): TanWcsOptions {
  const matrix = parseMatrix(lookup, lat);
  const lonFactor = unitFactor(lookup, lon);
  const latFactor = unitFactor(lookup, lat);
  const crvalRaDeg = wrapDegrees((readNumber(lookup, `CRVAL${lon}`) ?? 0) * lonFactor);
  const crvalDecDeg = (readNumber(lookup, `CRVAL${lat}`) ?? 0) * latFactor;
  const row = (axis: number, factor: number): [number, number] =>
    axis === 1 ? [matrix[0] * factor, matrix[1] * factor] : [matrix[2] * factor, matrix[3] * factor];
  const cd = [...row(lon, lonFactor), ...row(lat, latFactor)] as [number, number, number, number];
  if (cd[0] * cd[3] - cd[1] * cd[2] === 0 || Math.abs(crvalDecDeg) > 90) {
    throw new AlmagestError(
      "SPHERE.WCS_INVALID",
      `The CD matrix (${cd.join(", ")}) cannot be inverted, or CRVAL (${crvalRaDeg}, ${crvalDecDeg}) is not on the sky.`,
      { fields: { cd, crvalRaDeg, crvalDecDeg } },
    );
  }
  return {
    crvalRaDeg,
    crvalDecDeg,
    crpixX: (readNumber(lookup, "CRPIX1") ?? 0) - 1,
    crpixY: (readNumber(lookup, "CRPIX2") ?? 0) - 1,
    cd,
  };
}
