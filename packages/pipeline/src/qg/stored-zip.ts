import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { AlmagestError } from "@almagest/base";

/** Where the bytes of a member are. */
export interface ZipMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

interface WrittenMember extends ZipMember {
  readonly crc: number;
  readonly headerOffset: number;
}

/** Writes an archive whose members are stored as they are (PKWARE APPNOTE 6.3.10, with its 64-bit fields). */
export interface ZipWriter {
  /** Starts a member; the one before ends. */
  begin(name: string): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the last member, writes the directory and forces all to the disk. */
  finish(): Promise<void>;
  /** Closes the file, finished or not. */
  close(): Promise<void>;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const NARROW = 0xffffffff;
const BUFFERED = 1 << 22;
/** 1980-01-01, so that equal contents give equal bytes. */
const DOS_DATE = 0x21;

/** Creates an archive at a path. */
export async function createZip(path: string): Promise<ZipWriter> {
  const handle = await open(path, "w");
  const members: WrittenMember[] = [];
  const buffer = Buffer.allocUnsafe(BUFFERED);
  let used = 0;
  let position = 0;
  let current: { name: string; headerOffset: number; offset: number; size: number; crc: number } | undefined;

  const flush = async (): Promise<void> => {
    if (used > 0) await handle.write(buffer, 0, used, position - used);
    used = 0;
  };
  const append = async (bytes: Uint8Array): Promise<void> => {
    if (used + bytes.length > BUFFERED) await flush();
    if (bytes.length > BUFFERED) await handle.write(bytes, 0, bytes.length, position);
    else {
      buffer.set(bytes, used);
      used += bytes.length;
    }
    position += bytes.length;
  };
  const end = async (): Promise<void> => {
    if (!current) return;
    await flush();
    const member: WrittenMember = current;
    await handle.write(localHeader(member), 0, undefined, member.headerOffset);
    members.push(member);
    current = undefined;
  };
  return {
    async begin(name) {
      await end();
      const headerOffset = position;
      // Sizes are known only at the end: the header is written again then.
      const header = localHeader({ name, crc: 0, size: 0 });
      await append(header);
      current = { name, headerOffset, offset: position, size: 0, crc: 0 };
    },
    async write(bytes) {
      current!.size += bytes.length;
      current!.crc = crc32(bytes, current!.crc);
      await append(bytes);
    },
    async finish() {
      await end();
      const start = position;
      for (const member of members) await append(centralHeader(member));
      await append(endRecords(members.length, start, position - start));
      await flush();
      await handle.sync();
    },
    close: () => handle.close(),
  };
}

/** A small archive made in memory: members stored as they are, in the given order. */
export function zipInMemory(
  members: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Buffer {
  const pieces: Uint8Array[] = [];
  const written: WrittenMember[] = [];
  let position = 0;
  const append = (bytes: Uint8Array): void => {
    pieces.push(bytes);
    position += bytes.length;
  };
  for (const { name, bytes } of members) {
    const headerOffset = position;
    const size = bytes.length;
    const crc = crc32(bytes);
    append(localHeader({ name, crc, size }));
    written.push({ name, crc, size, headerOffset, offset: position });
    append(bytes);
  }
  const start = position;
  for (const member of written) append(centralHeader(member));
  append(endRecords(written.length, start, position - start));
  return Buffer.concat(pieces, position);
}

/** Always with the 64-bit sizes, so that its length does not depend on them. */
function localHeader({ name, crc, size }: { name: string; crc: number; size: number }): Buffer {
  const text = Buffer.from(name);
  const header = Buffer.alloc(30 + text.length + 20);
  header.writeUInt32LE(LOCAL, 0);
  header.writeUInt16LE(45, 4);
  header.writeUInt16LE(DOS_DATE, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(NARROW, 18);
  header.writeUInt32LE(NARROW, 22);
  header.writeUInt16LE(text.length, 26);
  header.writeUInt16LE(20, 28);
  header.set(text, 30);
  writeExtra(header, 30 + text.length, [size, size]);
  return header;
}

function writeExtra(header: Buffer, at: number, values: readonly number[]): void {
  header.writeUInt16LE(1, at);
  header.writeUInt16LE(8 * values.length, at + 2);
  for (const [i, value] of values.entries()) header.writeBigUInt64LE(BigInt(value), at + 4 + 8 * i);
}

function centralHeader({ name, crc, size, headerOffset }: WrittenMember): Buffer {
  const text = Buffer.from(name);
  const wide = [...(size >= NARROW ? [size, size] : []), ...(headerOffset >= NARROW ? [headerOffset] : [])];
  const extra = wide.length > 0 ? 4 + 8 * wide.length : 0;
  const header = Buffer.alloc(46 + text.length + extra);
  header.writeUInt32LE(CENTRAL, 0);
  header.writeUInt16LE(45, 4);
  header.writeUInt16LE(45, 6);
  header.writeUInt16LE(DOS_DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(size, NARROW), 20);
  header.writeUInt32LE(Math.min(size, NARROW), 24);
  header.writeUInt16LE(text.length, 28);
  header.writeUInt16LE(extra, 30);
  header.writeUInt32LE(Math.min(headerOffset, NARROW), 42);
  header.set(text, 46);
  if (extra > 0) writeExtra(header, 46 + text.length, wide);
  return header;
}

function endRecords(count: number, start: number, size: number): Buffer {
  const wide = start >= NARROW;
  const record = Buffer.alloc((wide ? 76 : 0) + 22);
  if (wide) {
    record.writeUInt32LE(END_64, 0);
    record.writeBigUInt64LE(44n, 4);
    record.writeUInt16LE(45, 12);
    record.writeUInt16LE(45, 14);
    for (const at of [24, 32]) record.writeBigUInt64LE(BigInt(count), at);
    record.writeBigUInt64LE(BigInt(size), 40);
    record.writeBigUInt64LE(BigInt(start), 48);
    record.writeUInt32LE(LOCATOR_64, 56);
    record.writeBigUInt64LE(BigInt(start + size), 64);
    record.writeUInt32LE(1, 72);
  }
  const at = record.length - 22;
  record.writeUInt32LE(END, at);
  for (const field of [8, 10]) record.writeUInt16LE(count, at + field);
  record.writeUInt32LE(size, at + 12);
  record.writeUInt32LE(Math.min(start, NARROW), at + 16);
  return record;
}

/** The members of an archive, by name. Throws `PIPELINE.QG_INVALID` when it is none, or a member is compressed. */
export async function readZipDirectory(handle: FileHandle, path: string): Promise<Map<string, ZipMember>> {
  const { size } = await handle.stat();
  const tail = await readRange(handle, Math.max(0, size - 65_557), Math.min(size, 65_557), path);
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (at < 0) throw invalidFile(path, "it is not a zip archive");
  let start = tail.readUInt32LE(at + 16);
  let length = tail.readUInt32LE(at + 12);
  if (at >= 20 && tail.readUInt32LE(at - 20) === LOCATOR_64) {
    const record = await readRange(handle, Number(tail.readBigUInt64LE(at - 12)), 56, path);
    length = Number(record.readBigUInt64LE(40));
    start = Number(record.readBigUInt64LE(48));
  }
  const directory = await readRange(handle, start, length, path);
  const members = new Map<string, ZipMember>();
  for (let i = 0; i + 46 <= directory.length; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => directory.readUInt16LE(i + o));
    const name = directory.toString("utf8", i + 46, i + 46 + nameLength!);
    if (directory.readUInt16LE(i + 10) !== 0) throw invalidFile(path, `its member ${name} is compressed`);
    let memberSize = directory.readUInt32LE(i + 24);
    let headerOffset = directory.readUInt32LE(i + 42);
    let wide = i + 46 + nameLength! + 4;
    if (memberSize === NARROW) {
      memberSize = Number(directory.readBigUInt64LE(wide));
      wide += 16;
    }
    if (headerOffset === NARROW) headerOffset = Number(directory.readBigUInt64LE(wide));
    const local = await readRange(handle, headerOffset, 30, path);
    const offset = headerOffset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    members.set(name, { name, offset, size: memberSize });
    i += 46 + nameLength! + extraLength! + commentLength!;
  }
  return members;
}

/** Reads exactly these bytes. Throws `PIPELINE.QG_INVALID` when the file ends before. */
export async function readRange(
  handle: FileHandle,
  offset: number,
  length: number,
  path: string,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw invalidFile(path, "it ends too early");
    done += bytesRead;
  }
  return buffer;
}

/** The error for a file that is no quantum graph. */
export function invalidFile(path: string, reason: string, cause?: unknown): AlmagestError {
  return new AlmagestError("PIPELINE.QG_INVALID", `${path} is not a readable quantum graph: ${reason}.`, {
    fields: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
