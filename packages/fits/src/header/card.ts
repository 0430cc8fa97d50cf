/** A complex value of a card. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** What a card can hold; `undefined` is the card whose value field is blank. Integers beyond 2^53 are bigint. */
export type CardValue = string | number | bigint | boolean | undefined | Complex;

/** One card as it stands in a header, with the very characters it came from. */
export interface Card {
  /** Upper case; the `HIERARCH ` prefix is dropped; empty for blank cards. */
  readonly keyword: string;
  /** Commentary cards (COMMENT, HISTORY, blank, no value indicator) carry their text as `value`. */
  readonly kind: "value" | "commentary";
  readonly value: CardValue;
  readonly comment: string;
  /** The 80·n characters (one per byte, Latin-1) of the card and its CONTINUE cards; written back as they are. */
  readonly raw: string;
  /** Byte offset where the card was read, −1 when it was made here. */
  readonly offset: number;
  /** Why the value cannot be read; then reading it through a Header throws. */
  readonly problem?: string;
}

/** A card to be written: keyword, value and, if wanted, a comment. */
export type CardSpec = readonly [keyword: string, value: CardValue, comment?: string];

/** Bytes of one card. */
export const CARD_BYTES = 80;
/** Bytes of one FITS block; headers and data units are padded to whole blocks. */
export const BLOCK_BYTES = 2880;

/** Upper-cases a keyword, drops the `HIERARCH ` prefix and collapses inner blanks, so that both spellings match. */
export function normalizeKeyword(keyword: string): string {
  const upper = keyword.trim().toUpperCase();
  return upper.startsWith("HIERARCH ")
    ? upper.slice(9).trim().replace(/ +/g, " ")
    : upper.replace(/ +/g, " ");
}

/** True for the keywords whose cards hold free text. */
export function isCommentaryKeyword(keyword: string): boolean {
  return keyword === "COMMENT" || keyword === "HISTORY" || keyword === "";
}
