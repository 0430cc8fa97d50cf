import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";
import { AlmagestError } from "./error.ts";

/** Parses a UUID with or without dashes into 16 bytes. Throws `BASE.UUID_INVALID`. */
export function parseUuid(text: string): Uint8Array {
  const hex = text.replaceAll("-", "");
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) {
    throw new AlmagestError("BASE.UUID_INVALID", `Not a UUID: '${text}'.`, { fields: { text } });
  }
  return Uint8Array.fromHex(hex);
}

/** Formats 16 bytes as a dashed lowercase UUID. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = bytes.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function stampVersion(bytes: Uint8Array, version: number): Uint8Array {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}

/** Name-based UUID version 5 (RFC 9562 §5.5): the same namespace and name always give the same id. */
export function uuid5(namespace: string, name: string): string {
  const digest = createHash("sha1").update(parseUuid(namespace)).update(name, "utf8").digest();
  return formatUuid(stampVersion(new Uint8Array(digest.subarray(0, 16)), 5));
}

/** Time-ordered UUID version 7 (RFC 9562 §5.7) from `clock`, with random low bits from `random` (10 bytes). */
export function uuid7(clock: Clock, random: () => Uint8Array = () => randomBytes(10)): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(clock.nowMs()) << 16n);
  bytes.set(random().subarray(0, 10), 6);
  return formatUuid(stampVersion(bytes, 7));
}
