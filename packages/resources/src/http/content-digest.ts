import { createHash } from "node:crypto";
import { createOrderedHash, type RunningHash } from "../parts.ts";
import type { ContentCheck } from "./ranged-read.ts";

const ADLER_PRIME = 65521;
/** So many bytes can be summed before the sums must be reduced (zlib's NMAX). */
const ADLER_STRETCH = 5552;

/** Adler-32 of bytes, begun at 1 or at the value of what came before (RFC 1950). */
export function adler32(bytes: Uint8Array, before = 1): number {
  let low = before & 0xffff;
  let high = before >>> 16;
  for (let start = 0; start < bytes.length; start += ADLER_STRETCH) {
    const end = Math.min(bytes.length, start + ADLER_STRETCH);
    for (let i = start; i < end; i++) {
      low += bytes[i]!;
      high += low;
    }
    low %= ADLER_PRIME;
    high %= ADLER_PRIME;
  }
  return ((high << 16) | low) >>> 0;
}

/** A running hash of four bytes. */
function running(step: (bytes: Uint8Array, before: number) => number, start: number): RunningHash {
  let value = start;
  return {
    update: (bytes: Uint8Array): void => {
      value = step(bytes, value);
    },
    digest: (): string => value.toString(16).padStart(8, "0"),
  };
}

/** Polynomial of Castagnoli, bits reversed (RFC 3720, appendix B.4). */
const CRC32C_TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value;
});

/** CRC-32C of bytes, begun at 0 or at the value of what came before. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (let i = 0; i < bytes.length; i++) value = CRC32C_TABLE[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

const ALGORITHMS: ReadonlyMap<string, () => RunningHash> = new Map<string, () => RunningHash>([
  ["adler32", () => running(adler32, 1)],
  ["crc32c", () => running(crc32c, 0)],
  ["md5", () => createHash("md5")],
  ["sha-256", () => createHash("sha256")],
  ["sha-512", () => createHash("sha512")],
]);

/** What to ask for: the digests that can be checked (RFC 3230). */
export const WANT_DIGEST = "sha-256, adler32, md5";

/** The check that a `Digest` header allows: hexadecimal for adler32, else base64, though some write hexadecimal. */
export function createDigestCheck(header: string | undefined): ContentCheck | undefined {
  for (const item of header?.split(",") ?? []) {
    const [, name, value] = /^\s*([^=]+)=(.+?)\s*$/.exec(item) ?? [];
    const algorithm = ALGORITHMS.get(name?.toLowerCase() ?? "");
    if (algorithm === undefined || value === undefined) continue;
    const hash = createOrderedHash(algorithm());
    const hex = value.toLowerCase().padStart(8, "0");
    return {
      add: hash.add,
      matches: () => {
        const found = hash.digest();
        return found === hex || Buffer.from(found, "hex").toString("base64") === value;
      },
    };
  }
  return undefined;
}
