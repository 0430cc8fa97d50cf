import { AlmagestError } from "@almagest/base";
import type { SkyWcs } from "../sky-wcs.ts";
import { createCelestialWcs, defaultLonpoleDeg } from "./celestial-wcs.ts";
import { type HeaderLookup, readNumber, readText } from "./header-values.ts";
import { parseLinear } from "./parse-linear.ts";
import { hasScampTerms, parsePv, pvCards } from "./parse-pv.ts";
import { parseSip } from "./parse-sip.ts";
import { PROJECTIONS } from "./projections.ts";
import { createSipDistortion, sipCards } from "./sip-distortion.ts";
import { linearCards } from "./tan-wcs.ts";
import { createTpvDistortion } from "./tpv-distortion.ts";

interface Axes {
  /** FITS axis number of right ascension and of declination. */
  readonly lon: 1 | 2;
  readonly lat: 1 | 2;
  readonly code: string;
}

function parseAxes(lookup: HeaderLookup): Axes {
  const types = [readText(lookup, "CTYPE1") ?? "", readText(lookup, "CTYPE2") ?? ""] as const;
  const match = types.map((type) => /^(RA|DEC)-+([A-Z]{3})(-[A-Z]{3})?$/.exec(type));
  if (types[0] === "" && types[1] === "") {
    throw new AlmagestError(
      "SPHERE.WCS_MISSING",
      "The header has no CTYPE1 and CTYPE2; solve its position first.",
    );
  }
  const [first, second] = match;
  if (!first || !second || first[1] === second[1] || first[2] !== second[2]) {
    throw new AlmagestError(
      "SPHERE.WCS_UNSUPPORTED",
      `CTYPE1 = '${types[0]}', CTYPE2 = '${types[1]}' is not a right ascension and declination pair known here; convert it to TAN, TAN-SIP or TPV.`,
      { fields: { ctype1: types[0], ctype2: types[1] } },
    );
  }
  const code = first[2]!;
  if (code !== "TPV" && !PROJECTIONS.has(code)) {
    throw new AlmagestError(
      "SPHERE.WCS_UNSUPPORTED",
      `The projection ${code} of CTYPE1 = '${types[0]}' is not known here; use ${[...PROJECTIONS.keys(), "TPV"].join(", ")}.`,
      { fields: { ctype1: types[0], code } },
    );
  }
  const suffix = first[3] ?? "";
  if (suffix !== "" && (suffix !== "-SIP" || code !== "TAN")) {
    throw new AlmagestError(
      "SPHERE.WCS_UNSUPPORTED",
      `The distortion ${suffix.slice(1)} of CTYPE1 = '${types[0]}' is not known here.`,
      {
        fields: { ctype1: types[0] },
      },
    );
  }
  return first[1] === "RA" ? { lon: 1, lat: 2, code } : { lon: 2, lat: 1, code };
}

function checkFrame(lookup: HeaderLookup): void {
  const frame = readText(lookup, "RADESYS") ?? readText(lookup, "RADECSYS");
  const equinox = readNumber(lookup, "EQUINOX");
  const implied = frame ?? (equinox !== undefined && equinox < 1984 ? "FK4" : "ICRS");
  if (implied !== "ICRS" && implied !== "FK5" && implied !== "GAPPT") {
    throw new AlmagestError(
      "SPHERE.WCS_UNSUPPORTED",
      `RADESYS = '${implied}' is not known here; give ICRS or FK5 (J2000) coordinates.`,
      {
        fields: { radesys: implied, equinox },
      },
    );
  }
  if (implied === "FK5" && equinox !== undefined && equinox !== 2000) {
    throw new AlmagestError(
      "SPHERE.WCS_UNSUPPORTED",
      `EQUINOX = ${equinox} is not known here; give FK5 at 2000.0 or ICRS.`,
      {
        fields: { equinox },
      },
    );
  }
}

/** LONPOLE, from its keyword or from PVi_3 of the longitude axis; the other parameters of a projection must be its defaults. */
function parseLonpole(
  lookup: HeaderLookup,
  axes: Axes,
  code: string,
  crvalDecDeg: number,
  isTpv: boolean,
): number {
  const byDefault = defaultLonpoleDeg(code, crvalDecDeg);
  const offset = isTpv ? undefined : readNumber(lookup, `PV${axes.lon}_3`);
  const lonpole = offset ?? readNumber(lookup, "LONPOLE") ?? byDefault;
  const others = isTpv ? [] : [`PV${axes.lon}_1`, `PV${axes.lon}_2`, `PV${axes.lat}_1`, `PV${axes.lat}_2`];
  const odd = others.find((key) => (readNumber(lookup, key) ?? 0) !== 0);
  const aligned = code !== "CAR" || lonpole === byDefault || (crvalDecDeg === 0 && lonpole % 180 === 0);
  if (odd !== undefined || !aligned) {
    const what = odd === undefined ? `LONPOLE = ${lonpole}` : `${odd} = ${readNumber(lookup, odd)}`;
    throw new AlmagestError(
      "SPHERE.WCS_UNSUPPORTED",
      `${what} with projection ${code} is not known here; use its default.`,
      {
        fields: { code, lonpole, odd },
      },
    );
  }
  return lonpole;
}

/**
 * The WCS of a FITS header, given as a lookup of its keywords: TAN, TAN-SIP, TPV (also TAN with SCAMP's PV terms), SIN, STG,
 * ARC, ZEA, CAR, with CD, PC and CDELT, or CDELT and CROTA2, axes in either order. FK5 (J2000) and ICRS are taken as one
 * frame: they differ by less than 0.03 arcsec. SIP terms count even where CTYPE lacks `-SIP`, and win over PV terms, as in
 * astropy. Throws `SPHERE.WCS_MISSING`, `SPHERE.WCS_UNSUPPORTED` or `SPHERE.WCS_INVALID`.
 */
export function parseWcs(lookup: HeaderLookup): SkyWcs {
  const axes = parseAxes(lookup);
  checkFrame(lookup);
  const linear = parseLinear(lookup, axes.lon, axes.lat);
  const sip = axes.code === "TAN" ? parseSip(lookup, "A", "B") : undefined;
  const isTpv =
    sip === undefined &&
    (axes.code === "TPV" || (axes.code === "TAN" && hasScampTerms(lookup, axes.lon, axes.lat)));
  const code = axes.code === "TPV" ? "TAN" : axes.code;
  const projection = PROJECTIONS.get(code)!;
  const lonpoleDeg = parseLonpole(lookup, axes, code, linear.crvalDecDeg, isTpv || sip !== undefined);
  const base = { ...linear, projection, lonpoleDeg };
  const poleCards: [string, number][] =
    lonpoleDeg === defaultLonpoleDeg(code, linear.crvalDecDeg) ? [] : [["LONPOLE", lonpoleDeg]];

  if (sip !== undefined) {
    const inverse = parseSip(lookup, "AP", "BP");
    const inverseCards =
      inverse === undefined
        ? []
        : [...sipCards("AP", inverse.order, inverse.a), ...sipCards("BP", inverse.order, inverse.b)];
    const cards = [
      ...poleCards,
      ...sipCards("A", sip.order, sip.a),
      ...sipCards("B", sip.order, sip.b),
      ...inverseCards,
    ];
    return createCelestialWcs({
      ...base,
      pixelDistortion: createSipDistortion(sip),
      cards: (x, y) => [...linearCards(linear, "TAN-SIP", x, y), ...cards],
    });
  }
  if (isTpv) {
    const pvLon = parsePv(lookup, axes.lon);
    const pvLat = parsePv(lookup, axes.lat);
    const cards = [...poleCards, ...pvCards(1, pvLon), ...pvCards(2, pvLat)];
    return createCelestialWcs({
      ...base,
      planeDistortion: createTpvDistortion(pvLon, pvLat),
      cards: (x, y) => [...linearCards(linear, "TPV", x, y), ...cards],
    });
  }
  return createCelestialWcs({ ...base, cards: (x, y) => [...linearCards(linear, code, x, y), ...poleCards] });
}
