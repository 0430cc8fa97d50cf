import type { Card, CardValue } from "../header/card.ts";
import { formatCard } from "../header/format-card.ts";
import { Header } from "../header/header.ts";

/** Cards of the table itself, which the image's header does not show. */
const TABLE_CARD =
  /^(XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM|UNIT|DIM|NULL|SCAL|ZERO|DISP)\d+|CHECKSUM|DATASUM)$/;
/** Cards of the image, kept in the table's header under names that begin with Z (FITS Standard 4.0, section 10.1.2). */
const IMAGE_CARD = /^Z(SIMPLE|TENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|BLOCKED|HECKSUM|DATASUM)$/;
/** Other Z keywords of the convention; a card like ZENITH is nobody's but the observer's. */
const CONVENTION_CARD = /^Z(IMAGE|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|MASKCMP|QUANTIZ|DITHER0|BLANK|SCALE|ZERO)$/;

const NEW_NAMES: ReadonlyMap<string, string> = new Map([
  ["ZSIMPLE", "SIMPLE"],
  ["ZTENSION", "XTENSION"],
  ["ZHECKSUM", "CHECKSUM"],
]);

/** The header of the image within a compressed one: its own structure, then the cards that are not the table's. */
export function restoreImageHeader(stored: Header): Header {
  const structure: Card[] = [];
  const rest: Card[] = [];
  for (const card of stored) {
    const { keyword } = card;
    if (IMAGE_CARD.test(keyword)) {
      const name = NEW_NAMES.get(keyword) ?? keyword.slice(1);
      structure.push(rename(card, name));
    } else if (!CONVENTION_CARD.test(keyword) && !TABLE_CARD.test(keyword)) rest.push(card);
  }
  if (!structure.some((card) => card.keyword === "SIMPLE" || card.keyword === "XTENSION"))
    structure.unshift(make("XTENSION", "IMAGE", "kind of extension"));
  const blank = stored.card("ZBLANK");
  if (blank !== undefined && !stored.has("BLANK") && (stored.getNumber("ZBITPIX") ?? 0) > 0)
    rest.push(rename(blank, "BLANK"));
  return new Header([...structure, ...rest], { byteLength: stored.byteLength, offset: stored.offset });
}

/** The same card under another standard name, its other bytes untouched. */
function rename(card: Card, keyword: string): Card {
  return { ...card, keyword, raw: keyword.padEnd(8) + card.raw.slice(8) };
}

function make(keyword: string, value: CardValue, comment: string): Card {
  return { keyword, kind: "value", value, comment, raw: formatCard(keyword, value, comment), offset: -1 };
}
