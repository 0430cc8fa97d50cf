import { AlmagestError } from "@almagest/base";
import { BLOCK_BYTES, CARD_BYTES } from "../header/card.ts";
import type { Header } from "../header/header.ts";
import { decodeLatin1, findEndCard, parseHeader } from "../header/parse-header.ts";
import { type ByteSource, readExact } from "../source/byte-source.ts";
import { computeLayout, type HduLayout, padToBlock } from "./layout.ts";

/** A header with the place of its data. */
export interface ScannedHdu {
  readonly header: Header;
  readonly layout: HduLayout;
}

/** A header longer than this is taken for damage. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const FIRST_READ_BYTES = 4 * BLOCK_BYTES;

/** Walks the headers of a file without touching its data. `onDamage` gets what is wrong beyond the first header, else it is thrown. */
export async function scanHdus(
  source: ByteSource,
  onDamage: ((error: AlmagestError) => void) | undefined,
): Promise<ScannedHdu[]> {
  const hdus: ScannedHdu[] = [];
  let offset = 0;
  while (offset < source.size) {
    try {
      const header = await readHeader(source, offset);
      if (header === undefined) break;
      const layout = computeLayout(header);
      hdus.push({ header, layout });
      offset = layout.dataOffset + padToBlock(layout.dataBytes);
    } catch (error) {
      if (hdus.length === 0 || onDamage === undefined || !(error instanceof AlmagestError)) throw error;
      onDamage(error);
      break;
    }
  }
  if (hdus.length === 0) throw notFits("The file is empty", 0);
  return hdus;
}

/** Reads the header at `offset`; undefined when only padding (zeros or blanks) is left there. */
async function readHeader(source: ByteSource, offset: number): Promise<Header | undefined> {
  let length = Math.min(FIRST_READ_BYTES, source.size - offset);
  let bytes = await readExact(source, offset, length, "A header");
  const first = decodeLatin1(bytes.subarray(0, CARD_BYTES));
  if (offset === 0 ? !first.startsWith("SIMPLE  =") : !first.startsWith("XTENSION=")) {
    if (offset > 0 && bytes.every((byte) => byte === 0 || byte === 0x20)) return undefined;
    throw notFits(
      offset === 0
        ? "The file does not begin with a SIMPLE card"
        : "What follows the last HDU is no extension",
      offset,
    );
  }
  let searched = 0;
  for (;;) {
    if (findEndCard(decodeLatin1(bytes.subarray(searched))) >= 0) return parseHeader(bytes, 0, offset);
    searched = length - (length % CARD_BYTES);
    const next = Math.min(length * 2, source.size - offset, MAX_HEADER_BYTES);
    if (next === length)
      throw new AlmagestError("FITS.HEADER_INVALID", `The header at byte ${offset} has no END card.`, {
        fields: { card: "END", offset },
      });
    length = next;
    bytes = await readExact(source, offset, length, "A header");
  }
}

function notFits(what: string, offset: number): AlmagestError {
  return offset === 0
    ? new AlmagestError("FITS.NOT_FITS", `${what}; it is not FITS.`, { fields: { card: "SIMPLE", offset } })
    : new AlmagestError("FITS.HEADER_INVALID", `${what} (byte ${offset}).`, {
        fields: { card: "XTENSION", offset },
      });
}
