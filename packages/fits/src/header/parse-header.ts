import { AlmagestError } from "@almagest/base";
import { BLOCK_BYTES, CARD_BYTES, type Card, isCommentaryKeyword, normalizeKeyword } from "./card.ts";
import { Header } from "./header.ts";
import { parseValue } from "./parse-value.ts";

/** The text of header bytes, one character per byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Offset of the END card in header text, or −1. */
export function findEndCard(text: string, from = 0): number {
  for (let at = from; at + CARD_BYTES <= text.length; at += CARD_BYTES) {
    if (text.startsWith("END", at) && text.slice(at + 3, at + CARD_BYTES).trimEnd() === "") return at;
  }
  return -1;
}

/**
 * Reads one header beginning at `offset` of `bytes`; `header.byteLength` tells where the data begin. `baseOffset` is added to the
 * offsets in cards and errors. Throws `FITS.HEADER_INVALID` when there is no END card. A value that cannot be read
 * spoils only its own card.
 */
export function parseHeader(bytes: Uint8Array, offset = 0, baseOffset = 0): Header {
  const text = decodeLatin1(bytes.subarray(offset));
  const end = findEndCard(text);
  if (end < 0)
    throw new AlmagestError(
      "FITS.HEADER_INVALID",
      `The header at byte ${baseOffset + offset} has no END card.`,
      {
        fields: { card: "END", offset: baseOffset + offset },
      },
    );
  return new Header(parseCards(text.slice(0, end), baseOffset + offset), {
    byteLength: Math.ceil((end + CARD_BYTES) / BLOCK_BYTES) * BLOCK_BYTES,
    offset: baseOffset + offset,
  });
}

/** Reads the cards of header text; `offset` is the byte offset of its first character. */
export function parseCards(text: string, offset: number): Card[] {
  const cards: Card[] = [];
  let at = 0;
  while (at < text.length) {
    let card = parseCard(text.slice(at, at + CARD_BYTES).padEnd(CARD_BYTES), offset + at);
    at += CARD_BYTES;
    while (typeof card.value === "string" && card.kind === "value" && card.value.endsWith("&")) {
      const next = text.slice(at, at + CARD_BYTES);
      if (!next.startsWith("CONTINUE  ")) break;
      const more = parseValue(next.slice(10));
      if (typeof more.value !== "string") break;
      card = {
        ...card,
        value: card.value.slice(0, -1) + more.value,
        comment: [card.comment, more.comment].filter((part) => part !== "").join(" "),
        raw: card.raw + next,
      };
      at += CARD_BYTES;
    }
    cards.push(typeof card.value === "string" ? { ...card, value: card.value.trimEnd() } : card);
  }
  return cards;
}

function parseCard(raw: string, offset: number): Card {
  const name = raw.slice(0, 8).trimEnd();
  if (raw[8] === "=" && raw[9] === " " && !isCommentaryKeyword(name))
    return { keyword: name.toUpperCase(), kind: "value", ...parseValue(raw.slice(10)), raw, offset };
  if (name === "HIERARCH") {
    const equals = raw.indexOf("=");
    const keyword = normalizeKeyword(raw.slice(8, Math.max(equals, 8)));
    if (keyword !== "") return { keyword, kind: "value", ...parseValue(raw.slice(equals + 1)), raw, offset };
  }
  return {
    keyword: name.toUpperCase(),
    kind: "commentary",
    value: raw.slice(8).trimEnd(),
    comment: "",
    raw,
    offset,
  };
}
