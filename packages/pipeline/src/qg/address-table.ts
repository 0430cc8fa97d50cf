import type { FileHandle } from "node:fs/promises";
import { formatUuid, parseUuid } from "@almagest/base";
import { invalidFile, readRange, type ZipMember } from "./stored-zip.ts";

/** Where one block is: its offset in the multi-block file, and its size with the length in front of it. */
export interface BlockAddress {
  readonly id: string;
  readonly offset: number;
  readonly size: number;
}

const INT_SIZE = 8;
const HEADER = 1 + 2 * INT_SIZE;
const ROW = 16 + 3 * INT_SIZE;

/** The address file of blocks: a header, then rows sorted by id: 16-byte id, row number, offset, size (big-endian). */
export function encodeAddresses(addresses: readonly BlockAddress[]): Buffer {
  const sorted = [...addresses].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const bytes = Buffer.alloc(HEADER + sorted.length * ROW);
  bytes.writeUInt8(INT_SIZE, 0);
  bytes.writeBigUInt64BE(BigInt(sorted.length), 1);
  bytes.writeBigUInt64BE(1n, 1 + INT_SIZE);
  for (const [row, { id, offset, size }] of sorted.entries()) {
    const at = HEADER + row * ROW;
    bytes.set(parseUuid(id), at);
    for (const [i, value] of [row, offset, size].entries()) {
      bytes.writeBigUInt64BE(BigInt(value), at + 16 + i * INT_SIZE);
    }
  }
  return bytes;
}

/** Finds blocks by id, with a few short reads each: nothing is loaded. */
export interface AddressReader {
  readonly count: number;
  find(id: string): Promise<BlockAddress | undefined>;
}

/** Opens the address file within an archive. Throws `PIPELINE.QG_INVALID`. */
export async function openAddresses(
  handle: FileHandle,
  member: ZipMember,
  path: string,
): Promise<AddressReader> {
  const header = await readRange(handle, member.offset, HEADER, path);
  const count = Number(header.readBigUInt64BE(1));
  const columns = Number(header.readBigUInt64BE(1 + INT_SIZE));
  if (header.readUInt8(0) !== INT_SIZE || columns !== 1 || member.size !== HEADER + count * ROW) {
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
        const row = await readRange(handle, member.offset + HEADER + middle * ROW, ROW, path);
        const order = Buffer.compare(row.subarray(0, 16), wanted);
        if (order === 0) {
          const [offset, size] = [24, 32].map((at) => Number(row.readBigUInt64BE(at)));
          return size === 0
            ? undefined
            : { id: formatUuid(row.subarray(0, 16)), offset: offset!, size: size! };
        }
        if (order < 0) low = middle + 1;
        else high = middle;
      }
      return undefined;
    },
  };
}
