import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c, createDigestCheck } from "./content-digest.ts";

test("CRC-32C of the examples of RFC 3720, in one piece and in two", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(ascending), 0x46dd794e);
  assert.equal(crc32c(ascending.subarray(7), crc32c(ascending.subarray(0, 7))), 0x46dd794e);
});

test("a digest in base64 is compared with the bytes, in whatever order the parts come", () => {
  const check = createDigestCheck("crc32c=Rt15Tg==")!;
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  check.add(1, ascending.subarray(7));
  check.add(0, ascending.subarray(0, 7));
  assert.equal(check.matches(), true);
  const other = createDigestCheck("crc32c=Rt15Tg==")!;
  other.add(0, ascending.subarray(1));
  assert.equal(other.matches(), false);
});
