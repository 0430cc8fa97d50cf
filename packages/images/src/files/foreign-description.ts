import type { FitsFile, Header } from "@almagest/fits";
import type { Exposure, PixelUnit } from "../exposure.ts";
import { isDescriptive } from "./exposure-cards.ts";
import type { ExposureDescription } from "./exposure-description.ts";

const UNITS: ReadonlyMap<string, PixelUnit> = new Map([
  ["njy", "nJy"],
  ["adu", "adu"],
  ["count", "adu"],
  ["electron", "electron"],
  ["electrons", "electron"],
  ["e-", "electron"],
]);

function metadataOf(header: Header): Exposure["metadata"] {
  const metadata: Record<string, string | number | boolean> = {};
  for (const { keyword, value } of header.cards) {
    const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (plain && isDescriptive(keyword)) metadata[keyword] = value;
  }
  return metadata;
}

/** What the headers of another program's image with mask and variance tell of it: the unit (`adu` where none is named that is
 * known here), filter and detector where cards name them, and the primary header's other cards. Files of `lsst.afw` and
 * `lsst.images` keep PSFs and calibrations in forms of their own, which are not read. */
export function describeForeign(file: FitsFile): ExposureDescription {
  const primary = file.hdu(0).header;
  const text = (key: string): string | undefined => {
    const value = primary.get(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const unit = file.hdu("IMAGE").header.get("BUNIT") ?? primary.get("BUNIT");
  const physical = text("FILTER");
  const detector = primary.get("DETECTOR");
  return {
    schema: "almagest.exposure",
    version: 1,
    unit: UNITS.get(String(unit).trim().toLowerCase()) ?? "adu",
    ...(physical === undefined ? {} : { filter: { physical, band: text("BAND") ?? physical } }),
    ...(Number.isInteger(detector)
      ? { detector: { id: detector as number, name: text("DETNAME") ?? String(detector) } }
      : {}),
    metadata: metadataOf(primary),
  };
}
