import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** A member to be: its name, and what gives its bytes when its turn comes. */
export interface NewZipMember {
  readonly name: string;
  read(): Promise<Uint8Array>;
}

/** 1980-01-01, so that equal contents give equal bytes. */
const DOS_DATE = 0x21;
const LIMIT = 0xffffffff;

/** Header fields that a member's local header and directory entry share (PKWARE APPNOTE 4.3.7). */
function fieldsOf(bytes: Uint8Array, nameLength: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x800, 2);
  fields.writeUInt16LE(DOS_DATE, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}

function signed(signature: number, size: number, fields: Buffer, at: number): Buffer {
  const header = Buffer.alloc(size);
  header.writeUInt32LE(signature, 0);
  fields.copy(header, at);
  return header;
}

/** Writes an archive of members stored as they are, in the given order, into a file that must not matter yet. False when it
 * would need the 64-bit format: 4 GiB, or 65,535 members. */
export async function writeZip(path: string, members: readonly NewZipMember[]): Promise<boolean> {
  if (members.length >= 0xffff) return false;
  const handle: FileHandle = await open(path, "w");
  try {
    const directory: Buffer[] = [];
    let at = 0;
    const append = async (...parts: readonly Uint8Array[]): Promise<void> => {
      for (const part of parts) {
        await handle.write(part, 0, part.length, at);
        at += part.length;
      }
    };
    for (const member of members) {
      const bytes = await member.read();
      const name = Buffer.from(member.name);
      if (at + bytes.length + 30 + name.length >= LIMIT) return false;
      const fields = fieldsOf(bytes, name.length);
      const entry = signed(0x02014b50, 46, fields, 6);
      entry.writeUInt16LE(20, 4);
      entry.writeUInt32LE(at, 42);
      directory.push(entry, name);
      await append(signed(0x04034b50, 30, fields, 4), name, bytes);
    }
    const start = at;
    await append(...directory);
    if (at >= LIMIT) return false;
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(members.length, 8);
    end.writeUInt16LE(members.length, 10);
    end.writeUInt32LE(at - start, 12);
    end.writeUInt32LE(start, 16);
    await append(end);
    return true;
  } finally {
    await handle.close();
  }
}
