/** The value of one header card. */
export type HeaderValue = string | number | boolean;

/** Cards of one header by keyword (upper case; HIERARCH keywords with their spaces); the first of duplicates. */
export type HeaderCards = ReadonlyMap<string, HeaderValue>;

/** Texts that observatories write where they mean "nothing known". */
const ABSENT = new Set(["", "N/A", "NA", "UNKNOWN", "UNSPECIFIED", "NONE", "##NODATA##", "NAN", "NULL"]);

/** The first of `keywords` that holds a text (trimmed, not a stand-in such as UNKNOWN); numbers become text. */
export function textCard(header: HeaderCards, ...keywords: readonly string[]): string | undefined {
  for (const keyword of keywords) {
    const value = header.get(keyword);
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && !ABSENT.has(value.trim().toUpperCase())) return value.trim();
  }
  return undefined;
}

/** The first of `keywords` that holds a finite number, also one written as text such as `'53.907456'`. */
export function numberCard(header: HeaderCards, ...keywords: readonly string[]): number | undefined {
  for (const keyword of keywords) {
    const value = header.get(keyword);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)))
      return Number(value);
  }
  return undefined;
}

/** The cards of an extension laid over those of the primary header, as FITS INHERIT means it. */
export function inheritCards(primary: HeaderCards, extension: HeaderCards): HeaderCards {
  return new Map([...primary, ...extension]);
}

/** The header as a plain record, for `metadata`. */
export function headerRecord(header: HeaderCards): Record<string, HeaderValue> {
  return Object.fromEntries(header);
}
