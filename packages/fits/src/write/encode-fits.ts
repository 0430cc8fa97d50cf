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
  const encoded = [...encodeHdus(hdus, options)];
  const bytes = new Uint8Array(
    encoded.reduce((sum, { header, dataBytes }) => sum + header.toBytes().byteLength + dataBytes, 0),
  );
  let at = 0;
  for (const part of joinParts(encoded)) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The same bytes piece by piece; a piece is valid until the next one is asked for. */
export function encodeParts(
  hdus: readonly HduSpec[],
  options: EncodeOptions = {},
): Iterable<Uint8Array<ArrayBuffer>> {
  return joinParts(encodeHdus(hdus, options));
}

function* joinParts(encoded: Iterable<EncodedHdu>): Generator<Uint8Array<ArrayBuffer>> {
  for (const { header, pieces } of encoded) {
    yield header.toBytes();
    yield* pieces();
  }
}

/** HDUs one after another, so that only one table or compressed image is held encoded at a time. */
function* encodeHdus(hdus: readonly HduSpec[], options: EncodeOptions): Generator<EncodedHdu> {
  const first = hdus[0];
  const plainFirst = first?.kind === "image" && first.compress === undefined;
  const all: readonly HduSpec[] = plainFirst ? hdus : [{ kind: "image" }, ...hdus];
  for (const [index, spec] of all.entries()) {
    const hdu = encodeHdu(spec, index === 0);
    if (options.checksum === true) {
      let sum = 0;
      for (const piece of hdu.pieces()) sum = addChecksum(piece, sum);
      stampChecksum(hdu.header, sum);
    }
    yield hdu;
  }
}

function encodeHdu(spec: HduSpec, isPrimary: boolean): EncodedHdu {
  if (spec.kind === "bintable") return encodeBintable(spec);
  return spec.compress === undefined
    ? encodeImage(spec, isPrimary)
    : encodeCompressedImage(spec, spec.compress);
}
