import { AlmagestError } from "@almagest/base";
import type { SkyWcs } from "../sky-wcs.ts";
import { createCelestialWcs } from "./celestial-wcs.ts";
import { PROJECTIONS } from "./projections.ts";
import { createSipDistortion, type SipCoefficients, sipCards } from "./sip-distortion.ts";

/** The linear part of a WCS. */
export interface TanWcsOptions {
  /** Sky position of the reference pixel, degrees. */
  readonly crvalRaDeg: number;
  readonly crvalDecDeg: number;
  /** Reference pixel, zero-based (FITS CRPIX minus one). */
  readonly crpixX: number;
  readonly crpixY: number;
  /** CD1_1, CD1_2, CD2_1, CD2_2 in degrees per pixel. */
  readonly cd: readonly [number, number, number, number];
  /** FITS code of the projection: TAN (the default), SIN, STG, ARC, ZEA or CAR. */
  readonly projection?: string;
}

/** A TAN-SIP WCS: the linear part and its distortion. */
export interface TanSipWcsOptions extends TanWcsOptions {
  readonly sip: SipCoefficients;
  /** The approximate inverse AP, BP, only carried to headers for programs that want it. */
  readonly sipInverse?: SipCoefficients;
}

type Card = readonly [string, string | number];

/** The keywords every celestial WCS shares. */
export function linearCards(
  options: TanWcsOptions,
  type: string,
  crpixX: number,
  crpixY: number,
): [string, string | number][] {
  const [c11, c12, c21, c22] = options.cd;
  return [
    ["CTYPE1", `RA---${type}`],
    ["CTYPE2", `DEC--${type}`],
    ["CUNIT1", "deg"],
    ["CUNIT2", "deg"],
    ["CRVAL1", options.crvalRaDeg],
    ["CRVAL2", options.crvalDecDeg],
    ["CRPIX1", crpixX + 1],
    ["CRPIX2", crpixY + 1],
    ["CD1_1", c11],
    ["CD1_2", c12],
    ["CD2_1", c21],
    ["CD2_2", c22],
    ["RADESYS", "ICRS"],
  ];
}

function checkLinear(options: TanWcsOptions): void {
  const { cd, crvalRaDeg, crvalDecDeg, crpixX, crpixY } = options;
  const determinant = cd[0] * cd[3] - cd[1] * cd[2];
  const finite = [...cd, crvalRaDeg, crvalDecDeg, crpixX, crpixY].every(Number.isFinite);
  if (!finite || determinant === 0 || Math.abs(crvalDecDeg) > 90) {
    throw new AlmagestError(
      "SPHERE.WCS_INVALID",
      "The WCS needs a finite reference point and pixel and a CD matrix that can be inverted.",
      { fields: { cd, crvalRaDeg, crvalDecDeg, crpixX, crpixY } },
    );
  }
}

/**
 * A WCS without distortion, TAN unless another projection is named; throws `SPHERE.WCS_INVALID` for a singular matrix and
 * `SPHERE.WCS_UNSUPPORTED` for an unknown projection.
 */
export function createTanWcs(options: TanWcsOptions): SkyWcs {
  checkLinear(options);
  const code = options.projection ?? "TAN";
  const projection = PROJECTIONS.get(code);
  if (projection === undefined) {
    throw new AlmagestError("SPHERE.WCS_UNSUPPORTED", `The projection ${code} is not known here.`, {
      fields: { code },
    });
  }
  return createCelestialWcs({
    ...options,
    projection,
    cards: (crpixX, crpixY): Card[] => linearCards(options, code, crpixX, crpixY),
  });
}

/** A TAN-SIP WCS; sky to pixel inverts A and B by Newton's method, never by AP and BP. Throws as `createTanWcs`. */
export function createTanSipWcs(options: TanSipWcsOptions): SkyWcs {
  checkLinear(options);
  const { sip, sipInverse } = options;
  return createCelestialWcs({
    ...options,
    projection: PROJECTIONS.get("TAN")!,
    pixelDistortion: createSipDistortion(sip),
    cards: (crpixX, crpixY): Card[] => [
      ...linearCards(options, "TAN-SIP", crpixX, crpixY),
      ...sipCards("A", sip.order, sip.a),
      ...sipCards("B", sip.order, sip.b),
      ...(sipInverse === undefined
        ? []
        : [
            ...sipCards("AP", sipInverse.order, sipInverse.a),
            ...sipCards("BP", sipInverse.order, sipInverse.b),
          ]),
    ],
  });
}
