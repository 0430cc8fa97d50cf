import type { CardSpec } from "@almagest/fits";
import { type SkyWcs, shiftWcs, taiNsToIso, taiNsToMjd } from "@almagest/sphere";
import type { Box } from "../box.ts";
import type { Exposure } from "../exposure.ts";

const STRUCTURAL =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BSCALE|BZERO|BLANK|EXTNAME|EXTVER|EXTLEVEL|INHERIT|CHECKSUM|DATASUM|END|COMMENT|HISTORY|CONTINUE|T(TYPE|FORM|UNIT|DIM|NULL|SCAL|ZERO|DISP)\d+|Z[A-Z]+\d*)$/;
const POSITIONAL =
  /^((CTYPE|CRPIX|CRVAL|CUNIT|CDELT|CROTA)\d[A-Z]?|(CD|PC|PV|LTM)\d_\d+[A-Z]?|LTV\d|(A|B|AP|BP)_(ORDER|DMAX|\d_\d)|WCSAXES|WCSNAME|EQUINOX|RADESYS|RADECSYS|LONPOLE|LATPOLE|BUNIT)$/;

/** True for a card that says something of the picture, rather than how or where its pixels are. */
export const isDescriptive = (keyword: string): boolean =>
  !STRUCTURAL.test(keyword) && !POSITIONAL.test(keyword);

/** Cards of a plane that place its first pixel at (x0, y0): `LTVn` as IRAF and DS9 read it, and the linear WCS `A`. */
export function offsetCards(bbox: Box): CardSpec[] {
  return [
    ["LTV1", -bbox.x0, "parent x = array x (one-based) - 1 - LTV1"],
    ["LTV2", -bbox.y0],
    ["LTM1_1", 1],
    ["LTM2_2", 1],
    ["CTYPE1A", "LINEAR", "zero-based parent pixel coordinates"],
    ["CTYPE2A", "LINEAR"],
    ["CRPIX1A", 1],
    ["CRPIX2A", 1],
    ["CRVAL1A", bbox.x0],
    ["CRVAL2A", bbox.y0],
    ["CDELT1A", 1],
    ["CDELT2A", 1],
    ["CUNIT1A", "PIXEL"],
    ["CUNIT2A", "PIXEL"],
  ];
}

/** The celestial WCS for an array whose first pixel is (x0, y0) of the parent. */
export function wcsCards(wcs: SkyWcs, bbox: Box): CardSpec[] {
  return [...shiftWcs(wcs, -bbox.x0, -bbox.y0).toFitsCards()];
}

/** Cards of the primary header that a person reads: what was observed, then the metadata that FITS can carry. */
export function primaryCards(exposure: Exposure): CardSpec[] {
  const { visitInfo, filter, detector, photoCalib, metadata } = exposure;
  const cards: CardSpec[] = [["BUNIT", exposure.unit, "of the extension IMAGE"]];
  if (visitInfo) {
    cards.push(
      ["INSTRUME", visitInfo.instrument],
      ["EXPID", visitInfo.exposureId, "exposure"],
      ...(visitInfo.visitId === undefined ? [] : [["VISIT", visitInfo.visitId] as const]),
      ["TIMESYS", "TAI"],
      ["DATE-AVG", taiNsToIso(visitInfo.midpointTaiNs), "middle of the exposure"],
      ["MJD-AVG", taiNsToMjd(visitInfo.midpointTaiNs), "middle of the exposure"],
      ["EXPTIME", visitInfo.exposureSec, "[s]"],
      ["DARKTIME", visitInfo.darkSec, "[s]"],
      ["BORERA", visitInfo.boresightRaDeg, "[deg] ICRS"],
      ["BOREDEC", visitInfo.boresightDecDeg, "[deg] ICRS"],
      ["ROTPA", visitInfo.rotatorDeg, "[deg] of +y, east of north"],
      ["AIRMASS", visitInfo.airmass],
      ["OBSTYPE", visitInfo.observationType],
      ["OBJECT", visitInfo.object],
    );
  }
  if (filter) cards.push(["FILTER", filter.physical], ["BAND", filter.band]);
  if (detector) cards.push(["DETECTOR", detector.id], ["DETNAME", detector.name]);
  if (photoCalib) {
    cards.push(["FLUXSCAL", photoCalib.nanojanskyPerUnit, "nJy per unit"], ["FLUXSERR", photoCalib.error]);
  }
  const taken = new Set(cards.map(([keyword]) => keyword));
  const extra = Object.entries(metadata)
    .map(([keyword, value]) => [keyword.trim().toUpperCase(), value] as const)
    .filter(([keyword]) => !taken.has(keyword) && isDescriptive(keyword));
  return [...cards, ...extra].filter(isWritable);
}

/** True for what a FITS card can hold; the JSON extension has the rest. */
function isWritable([keyword, value]: CardSpec): boolean {
  if (!/^[A-Z0-9_][A-Z0-9_. -]{0,39}$/.test(keyword)) return false;
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "string" || (/^[ -~]*$/.test(value) && (keyword.length <= 8 || value.length <= 20));
}
