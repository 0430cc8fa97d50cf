import type { HduLayout } from "../file/layout.ts";
import { padToBlock } from "../file/layout.ts";
import type { Header } from "../header/header.ts";
import { type ByteSource, readExact } from "../source/byte-source.ts";

/** Whether a sum recorded in a header agrees with the bytes. */
export type SumState = "ok" | "wrong" | "absent";

/** The verdict on an HDU's CHECKSUM (all of it) and DATASUM (its data). */
export interface ChecksumVerdict {
  readonly checksum: SumState;
  readonly datasum: SumState;
}

const CHUNK_BYTES = 16 * 1024 * 1024;

/** Adds bytes (a multiple of 4) to a 32-bit ones-complement sum of big-endian words (FITS Standard 4.0, appendix J). */
export function addChecksum(bytes: Uint8Array, sum = 0): number {
  const length = bytes.byteLength;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, length >> 2);
  // Little-endian words are summed as two pairs of byte lanes; 128 words cannot overflow a 16-bit lane's 31-bit integer.
  let byte0 = 0;
  let byte1 = 0;
  let byte2 = 0;
  let byte3 = 0;
  for (let at = 0; at < words.length; at += 128) {
    const end = Math.min(at + 128, words.length);
    let even = 0;
    let odd = 0;
    for (let i = at; i < end; i++) {
      const word = words[i]!;
      even = (even + (word & 0x00ff00ff)) | 0;
      odd = (odd + ((word >>> 8) & 0x00ff00ff)) | 0;
    }
    byte0 += even & 0xffff;
    byte1 += odd & 0xffff;
    byte2 += even >>> 16;
    byte3 += odd >>> 16;
  }
  return fold(sum + byte0 * 2 ** 24 + byte1 * 2 ** 16 + byte2 * 2 ** 8 + byte3);
}

/** Ones-complement reduction of a sum to 32 bits. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffffffff) folded = (folded % 2 ** 32) + Math.floor(folded / 2 ** 32);
  return folded;
}

/** Encodes a sum as the 16 ASCII characters of a CHECKSUM card, or with `complement` its ones complement. */
export function encodeChecksum(sum: number, complement = true): string {
  const value = (complement ? ~sum : sum) >>> 0;
  const ascii = new Uint8Array(16);
  for (let i = 0; i < 4; i++) {
    const byte = (value >>> (24 - 8 * i)) & 0xff;
    const quotient = (byte >> 2) + 0x30;
    const four = [quotient + (byte & 3), quotient, quotient, quotient];
    for (let changed = true; changed; ) {
      changed = false;
      for (let j = 0; j < 4; j += 2) {
        if (isPunctuation(four[j]!) || isPunctuation(four[j + 1]!)) {
          four[j]!++;
          four[j + 1]!--;
          changed = true;
        }
      }
    }
    for (let j = 0; j < 4; j++) ascii[4 * j + i] = four[j]!;
  }
  // The value begins at an offset of 11 bytes in its card: rotate right by one to align with the words.
  return String.fromCharCode(ascii[15]!, ...ascii.subarray(0, 15));
}

function isPunctuation(code: number): boolean {
  return (code >= 0x3a && code <= 0x40) || (code >= 0x5b && code <= 0x60);
}

/** Sets DATASUM and CHECKSUM of a finished header for its padded data; the header's other cards must be final. */
export function stampChecksum(header: Header, dataSum: number): void {
  header.set("CHECKSUM", "0".repeat(16), "HDU checksum");
  header.set("DATASUM", String(dataSum), "data unit checksum");
  header.set("CHECKSUM", encodeChecksum(addChecksum(header.toBytes(), dataSum)), "HDU checksum");
}

/** Sums an HDU's bytes in chunks and compares them with its cards. */
export async function verifyChecksum(
  source: ByteSource,
  header: Header,
  layout: HduLayout,
): Promise<ChecksumVerdict> {
  const hasChecksum = typeof header.get("CHECKSUM") === "string" && header.get("CHECKSUM") !== "";
  const datasum = header.get("DATASUM");
  if (!hasChecksum && datasum === undefined) return { checksum: "absent", datasum: "absent" };
  let sum = 0;
  const padded = padToBlock(layout.dataBytes);
  for (let at = 0; at < padded; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, padded - at);
    sum = addChecksum(await readExact(source, layout.dataOffset + at, length, "The data to be summed"), sum);
  }
  const whole = addChecksum(
    await readExact(source, header.offset, header.byteLength, "The header to be summed"),
    sum,
  );
  return {
    checksum: !hasChecksum ? "absent" : whole === 0xffffffff || whole === 0 ? "ok" : "wrong",
    datasum: datasum === undefined ? "absent" : Number(datasum) === sum ? "ok" : "wrong",
  };
}
