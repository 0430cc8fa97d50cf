import { createTanWcs, type SkyWcs, shiftWcs } from "@almagest/sphere";
import { type HeaderCards, numberCard, textCard } from "../header.ts";
import { readHeaderWcs } from "../header-wcs.ts";
import { parseDeclination, parseRightAscension } from "../sexagesimal.ts";

/** Where a frame points, as far as its header tells. */
export interface FramePointing {
  readonly raDeg?: number;
  readonly decDeg?: number;
  readonly pixelScaleArcsec?: number;
  readonly wcs?: SkyWcs;
  readonly wcsIsGuess: boolean;
  readonly notes: readonly string[];
}

/** Arcsec per pixel: from cards that say so, or from pixel size (µm) and focal length (mm). */
export function readPixelScale(header: HeaderCards): number | undefined {
  const stated = numberCard(
    header,
    "SECPIX",
    "SECPIX1",
    "PIXSCALE",
    "PIXSCAL1",
    "PIXSCAL",
    "SCALE",
    "PLATESCL",
    "SCALE1",
  );
  if (stated !== undefined && stated > 0.001 && stated < 60) return stated;
  const pixelMicron = numberCard(header, "XPIXSZ", "PIXSIZE1", "PIXSIZE");
  const focalMm = numberCard(header, "FOCALLEN", "FOCLEN");
  if (pixelMicron === undefined || focalMm === undefined || pixelMicron <= 0 || focalMm <= 0)
    return undefined;
  return (206.264_806 * pixelMicron) / focalMm;
}

/** Reads or guesses a frame's WCS; `offset` is where the imaging pixels start in the stored image. */
export function readPointing(
  header: HeaderCards,
  size: { readonly width: number; readonly height: number },
  offset: { readonly x0: number; readonly y0: number },
): FramePointing {
  const notes: string[] = [];
  const card = (...keywords: readonly string[]) => numberOrText(header, ...keywords);
  const raDeg = parseRightAscension(card("TELRA", "RA_DEG", "OBJCTRA", "RA", "CRVAL1"));
  const decDeg = parseDeclination(card("TELDEC", "DEC_DEG", "OBJCTDEC", "DEC", "CRVAL2"));
  const known = {
    ...(raDeg === undefined ? {} : { raDeg }),
    ...(decDeg === undefined ? {} : { decDeg }),
  };
  const wcs = readHeaderWcs(header);
  const centre = wcs?.pixelToSky(size.width / 2, size.height / 2);
  if (wcs !== undefined && centre !== undefined && Number.isFinite(centre.raDeg)) {
    const moved = offset.x0 === 0 && offset.y0 === 0 ? wcs : shiftWcs(wcs, -offset.x0, -offset.y0);
    return {
      ...known,
      wcs: moved,
      wcsIsGuess: false,
      pixelScaleArcsec: wcs.pixelScaleArcsec(size.width / 2, size.height / 2),
      notes,
    };
  }
  const scale = readPixelScale(header);
  if (raDeg === undefined || decDeg === undefined) {
    notes.push("the header does not tell where the telescope pointed");
    return {
      ...known,
      ...(scale === undefined ? {} : { pixelScaleArcsec: scale }),
      wcsIsGuess: false,
      notes,
    };
  }
  if (scale === undefined) {
    notes.push("the header has a position but no pixel scale");
    return { ...known, wcsIsGuess: false, notes };
  }
  notes.push("position from the telescope's coordinates; north taken as up, east as left");
  const guess = createTanWcs({
    crvalRaDeg: raDeg,
    crvalDecDeg: decDeg,
    crpixX: (size.width - 1) / 2,
    crpixY: (size.height - 1) / 2,
    cd: [-scale / 3600, 0, 0, scale / 3600],
  });
  return { ...known, wcs: guess, wcsIsGuess: true, pixelScaleArcsec: scale, notes };
}

function numberOrText(header: HeaderCards, ...keywords: readonly string[]): string | number | undefined {
  for (const keyword of keywords) {
    const value = header.get(keyword);
    if (typeof value === "number") return value;
    const text = textCard(header, keyword);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Airmass from its cards, or from the altitude or zenith distance (plane-parallel). */
export function readAirmass(header: HeaderCards): number | undefined {
  const stated = numberCard(header, "AIRMASS", "AMSTART", "SECZ", "SECZ-STR", "ESO TEL AIRM START");
  if (stated !== undefined && stated >= 0.99 && stated < 40) return stated;
  const altitude = numberCard(header, "ALTITUDE", "TELALT", "OBJCTALT", "EL", "ALT");
  const zenith = numberCard(header, "ZD") ?? (altitude === undefined ? undefined : 90 - altitude);
  return zenith === undefined || zenith < 0 || zenith > 85
    ? undefined
    : 1 / Math.cos((zenith * Math.PI) / 180);
}
