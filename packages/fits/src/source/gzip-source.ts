import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AlmagestError } from "@almagest/base";
import { type ByteSource, bytesSource, readExact } from "./byte-source.ts";

const gunzipAsync = promisify(gunzip);

/** A whole gzipped file may expand to this much, or to MAX_GZIP_RATIO times its size if that is more. */
const MIN_GUNZIP_BYTES = 512 * 1024 * 1024;
const MAX_GZIP_RATIO = 100;

/** True when the bytes begin as a gzip stream does. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** Unpacks a gzipped source into memory, at most `maxBytes`; throws `FITS.GZIP_INVALID`. */
export async function gunzipSource(source: ByteSource, maxBytes: number): Promise<ByteSource> {
  const packed = await readExact(source, 0, source.size, "The gzipped file");
  const limit = Math.min(maxBytes, Math.max(MIN_GUNZIP_BYTES, MAX_GZIP_RATIO * packed.byteLength));
  try {
    return bytesSource(await gunzipAsync(packed, { maxOutputLength: limit }));
  } catch (cause) {
    throw new AlmagestError(
      "FITS.GZIP_INVALID",
      `The gzipped file cannot be unpacked into ${limit} bytes: ${(cause as Error).message}.`,
      { fields: { size: packed.byteLength, limit }, cause },
    );
  }
}
