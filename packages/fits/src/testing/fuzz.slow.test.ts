import assert from "node:assert/strict";
import { test } from "node:test";
import { createCorpus } from "./corpus.ts";
import { exercise, fuzz } from "./exercise.ts";

test("the corpus itself is sound", async () => {
  for (const [name, bytes] of createCorpus()) assert.deepEqual(await exercise(bytes), [], name);
});

test("damaged files are read or refused with a code, never crash, hang or swallow memory", async () => {
  const result = await fuzz("test", 1500, { now: () => performance.now(), maxMs: 5000 });
  assert.deepEqual(result.failures, []);
  assert.ok(result.refusals.size >= 8 && result.sound > 100, JSON.stringify([...result.refusals]));
});
