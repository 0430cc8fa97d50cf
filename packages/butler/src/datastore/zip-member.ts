import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { AlmagestError } from "@almagest/base";

const inflate = promisify(inflateRaw);

/** A dataset that is one member of a zip archive: the original's `archive.zip#zip-path=member`. */
export interface ZipMemberPath {
  readonly archive: string;
  readonly member: string;
}

const FRAGMENT = /^(.*\.zip)#zip-path(?:=|%3D)(.+)$/i;

/** The archive and member that a stored path names; undefined for a file of its own. */
export function zipMemberOf(path: string): ZipMemberPath | undefined {
  const match = FRAGMENT.exec(path);
  return match === null ? undefined : { archive: match[1]!, member: decodeURIComponent(match[2]!) };
}

/** The file that holds a stored path: the archive of a member, else the path itself. */
export function archiveOf(path: string): string {
  return zipMemberOf(path)?.archive ?? path;
}

interface Entry {
  readonly headerOffset: number;
  readonly packedSize: number;
  readonly size: number;
  readonly method: number;
  readonly crc: number;
  readonly encrypted: boolean;
}

interface Directory {
  readonly mark: string;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** Directories of archives read lately: neighbours in an archive are read one after the other. */
const known = new Map<string, Directory>();
const KEPT = 16;
const END = Buffer.from([0x50, 0x4b, 5, 6]);
const END_SIZE = 22;
const LONGEST_COMMENT = 65_535;
/** Members are documents of a quantum; more than this is damage or malice. */
const LARGEST_MEMBER = 1 << 30;

function damaged(path: string, reason: string): AlmagestError {
  return new AlmagestError("BUTLER.FILE_MISSING", `${path} cannot be read: ${reason}; run fsck.`, {
    fields: { path },
  });
}

async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
  path: string,
): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw damaged(path, "it ends too early");
    done += bytesRead;
  }
  return buffer;
}

async function readDirectory(handle: FileHandle, path: string): Promise<Directory["entries"]> {
  const { size } = await handle.stat();
  const tailSize = Math.min(size, END_SIZE + LONGEST_COMMENT);
  const tail = await readExactly(handle, size - tailSize, tailSize, path);
  const at = tail.lastIndexOf(END);
  if (at < 0 || at + END_SIZE > tail.length) throw damaged(path, "it is not a whole zip archive");
  const length = tail.readUInt32LE(at + 12);
  const start = tail.readUInt32LE(at + 16);
  if (start + length > size) throw damaged(path, "its directory lies beyond its end");
  const bytes = await readExactly(handle, start, length, path);
  const entries = new Map<string, Entry>();
  for (let i = 0; i + 46 <= bytes.length; ) {
    const nameLength = bytes.readUInt16LE(i + 28);
    entries.set(bytes.toString("utf8", i + 46, i + 46 + nameLength), {
      encrypted: (bytes.readUInt16LE(i + 8) & 1) === 1,
      method: bytes.readUInt16LE(i + 10),
      crc: bytes.readUInt32LE(i + 16),
      packedSize: bytes.readUInt32LE(i + 20),
      size: bytes.readUInt32LE(i + 24),
      headerOffset: bytes.readUInt32LE(i + 42),
    });
    i += 46 + nameLength + bytes.readUInt16LE(i + 30) + bytes.readUInt16LE(i + 32);
  }
  return entries;
}

async function directoryOf(handle: FileHandle, path: string): Promise<Directory["entries"]> {
  const { ino, mtimeMs, size } = await handle.stat();
  const mark = `${ino} ${mtimeMs} ${size}`;
  const before = known.get(path);
  if (before?.mark === mark) return before.entries;
  const entries = await readDirectory(handle, path);
  known.delete(path);
  known.set(path, { mark, entries });
  if (known.size > KEPT) known.delete(known.keys().next().value!);
  return entries;
}

/** Inflates to at most the size that was told: a bomb is cut off there. */
async function unpack(packed: Buffer, size: number, archive: string, member: string): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw damaged(archive, `its member '${member}' does not unpack to the size its directory says`);
  }
}

/** The bytes of one member of an archive, stored or deflated. Throws `BUTLER.FILE_MISSING` when the archive lacks it or is
 * damaged, and what opening the file throws. */
export async function readZipMember(archive: string, member: string): Promise<Buffer> {
  const handle = await open(archive, "r");
  try {
    const entry = (await directoryOf(handle, archive)).get(member);
    if (entry === undefined) throw damaged(archive, `it has no member '${member}'`);
    const { headerOffset, packedSize, size, method, crc, encrypted } = entry;
    if (encrypted) throw damaged(archive, `its member '${member}' is encrypted`);
    if (Math.max(size, packedSize) > LARGEST_MEMBER || (method !== 0 && method !== 8)) {
      throw damaged(archive, `its member '${member}' is too large or packed in an unknown way`);
    }
    const local = await readExactly(handle, headerOffset, 30, archive);
    const offset = headerOffset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (offset + packedSize > (await handle.stat()).size) throw damaged(archive, "it ends too early");
    const packed = await readExactly(handle, offset, packedSize, archive);
    const bytes = method === 0 ? packed : await unpack(packed, size, archive, member);
    // Sizes and sums in an archive are claims; what does not bear them out is refused.
    if (bytes.length !== size || crc32(bytes) !== crc) {
      throw damaged(archive, `its member '${member}' is not what its directory says`);
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
