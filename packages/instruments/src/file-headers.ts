import { type FitsFile, type Header, openFits } from "@almagest/fits";
import type { HeaderCards, HeaderValue } from "./header.ts";
import type { FileHeaders } from "./instrument.ts";

/** The readable value cards of a FITS header; of duplicates the first; cards that cannot be read are left out. */
export function headerCards(header: Header): HeaderCards {
  const cards = new Map<string, HeaderValue>();
  for (const card of header.cards) {
    if (card.kind !== "value" || card.problem !== undefined || cards.has(card.keyword)) continue;
    const value = typeof card.value === "bigint" ? Number(card.value) : card.value;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      cards.set(card.keyword, value);
    }
  }
  return cards;
}

/** The headers of an open file, those of compressed images as of the images within. */
export function fileHeaders(path: string, fits: FitsFile): FileHeaders {
  return { path, hdus: fits.hdus.map((hdu) => headerCards(hdu.header)) };
}

/** Reads the headers of a FITS file. Throws what `openFits` throws. */
export async function readFileHeaders(path: string): Promise<FileHeaders> {
  await using fits = await openFits(path);
  return fileHeaders(path, fits);
}
