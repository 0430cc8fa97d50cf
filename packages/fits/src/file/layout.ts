import { AlmagestError } from "@almagest/base";
import { BLOCK_BYTES } from "../header/card.ts";
import type { Header } from "../header/header.ts";
import type { Bitpix } from "../image/pixel-array.ts";

/** What an HDU holds; `groups` (random groups) and `unknown` extensions can be listed but not read. */
export type HduKind = "image" | "compressed-image" | "bintable" | "table" | "groups" | "unknown";

/** Size and place of an HDU's data, derived from its header alone. */
export interface HduLayout {
  readonly kind: HduKind;
  readonly bitpix: Bitpix;
  /** NAXIS1 first; for tables bytes per row and rows. */
  readonly shape: readonly number[];
  readonly pcount: number;
  readonly dataOffset: number;
  /** Bytes of the data without padding. */
  readonly dataBytes: number;
}

const BITPIX_VALUES: ReadonlySet<number> = new Set([8, 16, 32, 64, -32, -64]);

/** Derives the layout; throws `FITS.CARD_INVALID`, `FITS.CARD_MISSING` or `FITS.STRUCTURE_INVALID`. */
export function computeLayout(header: Header): HduLayout {
  const bitpix = header.requireInteger("BITPIX");
  if (!BITPIX_VALUES.has(bitpix)) invalid(header, "BITPIX", `${bitpix} is no pixel type`);
  const naxis = header.requireInteger("NAXIS", 0, 999);
  const shape = Array.from({ length: naxis }, (_, axis) => header.requireInteger(`NAXIS${axis + 1}`, 0));
  const isPrimary = header.cards[0]?.keyword === "SIMPLE";
  const groups = isPrimary && shape[0] === 0 && header.get("GROUPS") === true;
  // A primary header's PCOUNT and GCOUNT mean something only for random groups.
  const counted = !isPrimary || groups;
  const pcount = counted ? (header.getInteger("PCOUNT", 0) ?? 0) : 0;
  const gcount = counted ? (header.getInteger("GCOUNT", 0) ?? 1) : 1;
  const axes = groups ? shape.slice(1) : shape;
  const elements = axes.length === 0 ? 0 : axes.reduce((product, length) => product * length, 1);
  const dataBytes = (Math.abs(bitpix) / 8) * gcount * (pcount + elements);
  if (!Number.isSafeInteger(dataBytes + header.offset + BLOCK_BYTES))
    throw new AlmagestError(
      "FITS.STRUCTURE_INVALID",
      `The header at byte ${header.offset} promises ${dataBytes} bytes of data: NAXISn, PCOUNT or GCOUNT cannot be true.`,
      { fields: { card: "NAXIS1", offset: header.card("NAXIS1")?.offset ?? header.offset } },
    );
  return {
    kind: groups ? "groups" : findKind(header, bitpix, shape),
    bitpix: bitpix as Bitpix,
    shape,
    pcount,
    dataOffset: header.offset + header.byteLength,
    dataBytes,
  };
}

function findKind(header: Header, bitpix: number, shape: readonly number[]): HduKind {
  if (header.cards[0]?.keyword === "SIMPLE") return "image";
  const extension = header.requireString("XTENSION");
  if (extension === "IMAGE" || extension === "IUEIMAGE") return "image";
  const isTable = extension === "BINTABLE" || extension === "A3DTABLE" || extension === "TABLE";
  if (!isTable) return "unknown";
  if (bitpix !== 8) invalid(header, "BITPIX", `a table must have 8, not ${bitpix}`);
  if (shape.length !== 2) invalid(header, "NAXIS", `a table must have 2 axes, not ${shape.length}`);
  if (extension === "TABLE") return "table";
  return header.get("ZIMAGE") === true ? "compressed-image" : "bintable";
}

function invalid(header: Header, keyword: string, why: string): never {
  const offset = header.card(keyword)?.offset ?? header.offset;
  throw new AlmagestError("FITS.CARD_INVALID", `Card ${keyword} at byte ${offset}: ${why}.`, {
    fields: { card: keyword, offset },
  });
}

/** Rounds up to whole blocks. */
export function padToBlock(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}
