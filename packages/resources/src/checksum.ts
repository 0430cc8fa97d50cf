import { createHash, hash as hashOf } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";

/** A checksum that is taken as bytes go by. */
export interface RunningChecksum {
  readonly sizeBytes: number;
  add(bytes: Uint8Array): void;
  /** BLAKE2b-512 in hex; ends the sum. */
  finish(): string;
}

/** Starts the checksum that the Butler stores beside each file, for a writer that sees all bytes in order. */
export function startChecksum(): RunningChecksum {
  const hash = createHash("blake2b512");
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    add(bytes) {
      hash.update(bytes);
      sizeBytes += bytes.byteLength;
    },
    finish: () => hash.digest("hex"),
  };
}

/** The checksum that the Butler stores beside each file, of all its bytes (a text's in UTF-8): BLAKE2b-512 in hex. */
export const checksumOf = (content: string | Uint8Array): string => hashOf("blake2b512", content, "hex");

const WHOLE_FILE_BYTES = 8 * 1024 * 1024;

/** BLAKE2b-512 of a file in hex, and its size: what the Butler stores beside each file. */
export async function checksumFile(path: string): Promise<{ checksum: string; sizeBytes: number }> {
  const hash = createHash("blake2b512");
  const { size } = await stat(path);
  if (size <= WHOLE_FILE_BYTES) {
    const bytes = await readFile(path);
    return { checksum: hash.update(bytes).digest("hex"), sizeBytes: bytes.length };
  }
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Uint8Array);
    sizeBytes += (chunk as Uint8Array).length;
  }
  return { checksum: hash.digest("hex"), sizeBytes };
}
