import { AlmagestError } from "@almagest/base";
import { padToBlock } from "../file/layout.ts";
import type { Card, CardValue } from "../header/card.ts";
import { Header } from "../header/header.ts";
import type { HeaderSpec } from "./hdu-spec.ts";

/** An HDU ready to be written: a finished header and data padded to whole blocks. */
export interface EncodedHdu {
  readonly header: Header;
  /** Bytes of the padded data. */
  readonly dataBytes: number;
  /** The padded data piece by piece, each of a multiple of 4 bytes; a piece is valid until the next one is asked for. */
  pieces(): Iterable<Uint8Array<ArrayBuffer>>;
}

/** An HDU whose data lie in memory as one piece. */
export function encodedWhole(header: Header, data: Uint8Array<ArrayBuffer>): EncodedHdu {
  return { header, dataBytes: data.byteLength, pieces: () => [data] };
}

/** Cards this room writes itself, so that copies of them from another header must not stand beside them. */
const STRUCTURAL =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BSCALE|BZERO|THEAP|TFIELDS|T(FORM|TYPE|UNIT|DIM|NULL|SCAL|ZERO|BCOL)\d+|Z(IMAGE|SIMPLE|TENSION|EXTEND|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|QUANTIZ|DITHER0|BLANK|BLOCKED|HECKSUM|DATASUM|SCALE|ZERO)|CHECKSUM|DATASUM|END)$/;

/** Comments of the mandatory cards as they are commonly written. */
const COMMENTS: ReadonlyMap<string, string> = new Map([
  ["SIMPLE", "conforms to FITS standard"],
  ["XTENSION", "kind of extension"],
  ["BITPIX", "bits per data value"],
  ["NAXIS", "number of axes"],
  ["PCOUNT", "bytes of heap, or 0"],
  ["GCOUNT", "one data group"],
  ["TFIELDS", "number of columns"],
  ["EXTEND", "extensions may follow"],
]);

/** Builds a header: the structural cards first, then EXTNAME and EXTVER, then the caller's cards without structural ones. */
export function buildHeader(
  structure: readonly (readonly [string, CardValue, string?])[],
  spec: { readonly name?: string; readonly version?: number; readonly header?: HeaderSpec },
  drop: ReadonlySet<string> = new Set(),
): Header {
  const header = new Header();
  for (const [keyword, value, comment] of structure)
    header.add(keyword, value, comment ?? COMMENTS.get(keyword) ?? "");
  if (spec.name !== undefined) header.add("EXTNAME", spec.name, "name of this HDU");
  if (spec.version !== undefined) header.add("EXTVER", spec.version, "version of this HDU");
  for (const card of cardsOf(spec.header)) {
    const { keyword } = card;
    if (STRUCTURAL.test(keyword) || drop.has(keyword)) continue;
    if (
      (keyword === "EXTNAME" && spec.name !== undefined) ||
      (keyword === "EXTVER" && spec.version !== undefined)
    )
      continue;
    header.addCard(card);
  }
  return header;
}

function cardsOf(spec: HeaderSpec | undefined): readonly Card[] {
  if (spec === undefined) return [];
  return (spec instanceof Header ? spec : Header.of(spec as Parameters<typeof Header.of>[0])).cards;
}

/** A data unit of zeros, as many whole blocks as so many bytes take. */
export function createDataUnit(dataBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(padToBlock(dataBytes));
}

/** Throws `FITS.SPEC_INVALID`. */
export function invalidSpec(what: string, fields: Record<string, unknown> = {}): never {
  throw new AlmagestError("FITS.SPEC_INVALID", `Cannot write FITS: ${what}.`, { fields });
}
