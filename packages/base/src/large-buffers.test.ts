import assert from "node:assert/strict";
import { test } from "node:test";
import { borrowBuffer, borrowFloats, borrowInts, returnBuffer } from "./large-buffers.ts";

const MB = 1 << 20;

test("a buffer that was given back is lent again, to planes of about its size, once at a time", () => {
  const first = borrowFloats(3 * MB);
  returnBuffer(first.buffer);
  returnBuffer(first.buffer);
  const second = borrowInts(3 * MB + 20_000);
  assert.equal(second.buffer, first.buffer);
  assert.equal(second.length, 3 * MB + 20_000);
  assert.notEqual(borrowFloats(3 * MB).buffer, first.buffer);
});

test("small, shared and detached buffers are let go", () => {
  const small = borrowBuffer(1000);
  assert.equal(small.byteLength, 1000);
  returnBuffer(small);
  assert.notEqual(borrowBuffer(1000), small);
  const shared = new SharedArrayBuffer(2 * MB);
  returnBuffer(shared);
  const sent = borrowBuffer(2 * MB);
  structuredClone(sent, { transfer: [sent] });
  returnBuffer(sent);
  assert.ok(borrowBuffer(1.5 * MB) instanceof ArrayBuffer);
});

test("no more than 640 MB are kept, the newest", () => {
  const many = Array.from({ length: 12 }, () => borrowBuffer(64 * MB));
  for (const buffer of many) returnBuffer(buffer);
  const again = Array.from({ length: 12 }, () => borrowBuffer(64 * MB));
  assert.equal(again.filter((buffer) => many.includes(buffer)).length, 9);
  assert.ok(!again.includes(many[0]!));
});
