import type { PixelUnit } from "@almagest/images";
import { type HeaderCards, textCard } from "../header.ts";

/** The unit of an image's pixels. */
export function readUnit(header: HeaderCards): { unit: PixelUnit; note?: string } {
  const text = textCard(header, "BUNIT", "BUNITS");
  if (text === undefined) {
    return header.has("ADUTOELE")
      ? { unit: "electron" }
      : { unit: "adu", note: "no unit told; pixels taken as ADU" };
  }
  if (/^n(ano)?-?jy/i.test(text)) return { unit: "nJy" };
  if (/^e(lectrons?|lec|-)?$/i.test(text)) return { unit: "electron" };
  if (/^(adus?|dns?|counts?|cts)$/i.test(text)) return { unit: "adu" };
  return { unit: "adu", note: `unit ${text} is not known here; pixels taken as ADU` };
}
