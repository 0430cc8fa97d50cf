import { encodeBintable } from "../table/encode-bintable.ts";
import { encodeCompressedImage } from "../tile/encode-compressed-image.ts";
import { addChecksum, stampChecksum } from "./checksum.ts";
import { encodeImage } from "./encode-image.ts";
import type { EncodedHdu } from "./encoded-hdu.ts";
import type { HduSpec } from "./hdu-spec.ts";

/** Options of writing. */
export interface EncodeOptions {
  /** Write CHECKSUM and DATASUM cards. */
  readonly checksum?: boolean;
}

/**
 * Encodes HDUs as the bytes of a file. A primary HDU without data is put first unless the first spec is a plain image. Throws
 * `FITS.SPEC_INVALID` or `FITS.VALUE_UNWRITABLE`.
 */
export function encodeFits(hdus: readonly HduSpec[], options: EncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const parts = [...encodeParts(hdus, options)];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The same bytes piece by piece, so that only one HDU is held encoded at a time. */
export function* encodeParts(
  hdus: readonly HduSpec[],
  options: EncodeOptions = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const first = hdus[0];
  const plainFirst = first?.kind === "image" && first.compress === undefined;
  const all: readonly HduSpec[] = plainFirst ? hdus : [{ kind: "image" }, ...hdus];
  for (const [index, spec] of all.entries()) {
    const { header, data } = encodeHdu(spec, index === 0);
    if (options.checksum === true) stampChecksum(header, addChecksum(data));
    yield header.toBytes();
    yield data;
  }
}

function encodeHdu(spec: HduSpec, isPrimary: boolean): EncodedHdu {
  if (spec.kind === "bintable") return encodeBintable(spec);
  return spec.compress === undefined
    ? encodeImage(spec, isPrimary)
    : encodeCompressedImage(spec, spec.compress);
}
