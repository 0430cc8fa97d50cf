import type { FileHandle } from "node:fs/promises";
import { parseUuid } from "@almagest/base";
import { invalidFile, readRange, type ZipMember } from "./stored-zip.ts";

/** Where one block is: its offset in the multi-block file, and its size with the length in front of it; 0 and 0 for none. */
export interface BlockPlace {
  readonly offset: number;
  readonly size: number;
}

/** The blocks of one id, one for each multi-block file. */
export interface AddressRow {
  readonly id: string;
  readonly places: readonly BlockPlace[];
}

const INT_SIZE = 8;
const HEADER = 1 + 2 * INT_SIZE;
const rowSize = (columns: number): number => 16 + (1 + 2 * columns) * INT_SIZE;

/** The address file of blocks: a header, then rows sorted by id: 16-byte id, row number, and for each multi-block file offset and
 * size (big-endian). */
export function encodeAddresses(rows: readonly AddressRow[], columns = 1): Buffer {
  const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const size = rowSize(columns);
  const bytes = Buffer.alloc(HEADER + sorted.length * size);
  bytes.writeUInt8(INT_SIZE, 0);
  bytes.writeBigUInt64BE(BigInt(sorted.length), 1);
  bytes.writeBigUInt64BE(BigInt(columns), 1 + INT_SIZE);
  for (const [row, { id, places }] of sorted.entries()) {
    let at = HEADER + row * size;
    bytes.set(parseUuid(id), at);
    at += 16;
    for (const value of [row, ...places.flatMap(({ offset, size }) => [offset, size])]) {
      bytes.writeBigUInt64BE(BigInt(value), at);
      at += INT_SIZE;
    }
  }
  return bytes;
}

/** Finds blocks by id, with a few short reads each: nothing is loaded. */
export interface AddressReader {
  readonly count: number;
  /** The places of an id, one for each multi-block file; undefined for an id that is not there. */
  find(id: string): Promise<readonly BlockPlace[] | undefined>;
}

/** Opens the address file of so many multi-block files within an archive. Throws `PIPELINE.QG_INVALID`. */
export async function openAddresses(
  handle: FileHandle,
  member: ZipMember,
  path: string,
  columns = 1,
): Promise<AddressReader> {
  const header = await readRange(handle, member.offset, HEADER, path);
  const count = Number(header.readBigUInt64BE(1));
  const found = Number(header.readBigUInt64BE(1 + INT_SIZE));
  const size = rowSize(columns);
  if (header.readUInt8(0) !== INT_SIZE || found !== columns || member.size !== HEADER + count * size) {
    throw invalidFile(path, `its ${member.name} has another form`);
  }
  return {
    count,
    async find(id) {
      const wanted = Buffer.from(parseUuid(id));
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >> 1;
        const row = await readRange(handle, member.offset + HEADER + middle * size, size, path);
        const order = Buffer.compare(row.subarray(0, 16), wanted);
        if (order === 0) {
          const numberAt = (i: number): number => Number(row.readBigUInt64BE(24 + i * INT_SIZE));
          return Array.from({ length: columns }, (_, i) => ({
            offset: numberAt(2 * i),
            size: numberAt(2 * i + 1),
          }));
        }
        if (order < 0) low = middle + 1;
        else high = middle;
      }
      return undefined;
    },
  };
}
