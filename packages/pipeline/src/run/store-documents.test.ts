import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { LocatedDataset } from "@almagest/butler";
import { type NewDocument, storeDocuments } from "./store-documents.ts";

function makeDocuments(count: number): NewDocument[] {
  return Array.from({ length: count }, (_, visit) => ({
    located: { ref: { run: "out", id: `id-${visit}` }, path: `out/isr_log/${visit}.json` } as LocatedDataset,
    text: `{"visit": ${visit}}`,
  }));
}

/** A repository's root in which a killed process left the first document alone. */
function makeRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "almagest-documents-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "out/isr_log"), { recursive: true });
  writeFileSync(join(root, "out/isr_log/0.json"), "left");
  return root;
}

test("few documents are files of their own, many are members of one archive", (t) => {
  const root = makeRoot(t);
  const few = storeDocuments(root, makeDocuments(63)).map(({ path }) => path);
  assert.equal(new Set(few).size, 63);
  const many = storeDocuments(root, makeDocuments(64)).map(({ path }) => path);
  assert.equal(new Set(many.map((path) => path.split("#")[0])).size, 1);
  assert.equal(new Set(many).size, 64);
});

test("in a continued run, what a killed process left alone goes when the document is archived", (t) => {
  const left = (continued: boolean): boolean => {
    const root = makeRoot(t);
    storeDocuments(root, makeDocuments(64), continued);
    return existsSync(join(root, "out/isr_log/0.json"));
  };
  assert.equal(left(false), true);
  assert.equal(left(true), false);
});
