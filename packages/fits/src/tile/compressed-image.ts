import { AlmagestError } from "@almagest/base";
import type { HduLayout } from "../file/layout.ts";
import type { Header } from "../header/header.ts";
import type { Bitpix, StoredArray } from "../image/pixel-array.ts";
import type { Region } from "../image/section.ts";
import type { ByteSource } from "../source/byte-source.ts";
export interface CompressedImage {
  readonly header: Header;
  readonly layout: { readonly bitpix: Bitpix; readonly shape: readonly number[] };
  read(region: Region): Promise<StoredArray>;
}
export function openCompressedImage(
  _source: ByteSource,
  header: Header,
  layout: HduLayout,
  _maxBytes: number,
): CompressedImage {
  return {
    header,
    layout,
    read: async () => {
      throw new AlmagestError("FITS.UNSUPPORTED", "Compressed images are not read yet.");
    },
  };
}
