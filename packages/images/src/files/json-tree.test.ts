import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson, parseJson } from "@almagest/base";
import fc from "fast-check";
import { fromJsonTree, toJsonTree } from "./json-tree.ts";

test("any tree of numbers, texts and flags comes back from its text", () => {
  const leaf = fc.oneof(
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(1e17, -0, 2 ** 60),
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      leaf,
      fc.array(tie("node")),
      fc.dictionary(
        fc.string().filter((k) => k !== "__proto__"),
        tie("node"),
      ),
    ),
  })).node;
  fc.assert(
    fc.property(tree, (value) => {
      const back = fromJsonTree(parseJson(canonicalJson(toJsonTree(value))));
      assert.deepEqual(back, structuredClone(value));
    }),
  );
});

test("bigints stay exact", () => {
  assert.deepEqual(fromJsonTree(parseJson(canonicalJson(toJsonTree({ t: 1767225637123456789n })))), {
    t: 1767225637123456789n,
  });
});
