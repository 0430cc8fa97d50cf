import { AlmagestError } from "@almagest/base";

/** Random access to the bytes of a file, wherever they are. */
export interface ByteSource {
  /** Total length in bytes. */
  readonly size: number;
  /** Bytes from `offset`; the result may be a view of shared memory and must not be changed. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `target` with the bytes from `offset`, saving a copy; optional. */
  readInto?(offset: number, target: Uint8Array): Promise<void>;
  /** Releases what the source holds; optional. */
  close?(): Promise<void>;
}

/** A source over bytes in memory; nothing is copied. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    readInto: async (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

/** Reads exactly `length` bytes or throws `FITS.TRUNCATED` naming `what` was to be read. */
export async function readExact(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  checkRange(source, offset, length, what);
  if (length === 0) return new Uint8Array(0);
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) throwTruncated(source, offset, length, what);
  return bytes;
}

/** Fills `target` from `offset` or throws `FITS.TRUNCATED` naming `what` was to be read. */
export async function readExactInto(
  source: ByteSource,
  offset: number,
  target: Uint8Array,
  what: string,
): Promise<void> {
  checkRange(source, offset, target.byteLength, what);
  if (target.byteLength === 0) return;
  if (source.readInto !== undefined) await source.readInto(offset, target);
  else target.set(await readExact(source, offset, target.byteLength, what));
}

/** Throws `FITS.TRUNCATED` unless the source holds these bytes; call it before allocating for them. */
export function checkRange(source: ByteSource, offset: number, length: number, what: string): void {
  if (offset + length > source.size) throwTruncated(source, offset, length, what);
}

function throwTruncated(source: ByteSource, offset: number, length: number, what: string): never {
  throw new AlmagestError(
    "FITS.TRUNCATED",
    `${what} needs ${length} bytes at byte ${offset}, but the file has only ${source.size}.`,
    { fields: { what, offset, length, size: source.size } },
  );
}
