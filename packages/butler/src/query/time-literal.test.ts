import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseTimeLiteral } from "./time-literal.ts";

const GOLDEN = join(import.meta.dirname, "../../../../../shared/reference/butler/golden/time_uuid.json");

test("time literals mean what the original makes of them", (t) => {
  if (!existsSync(GOLDEN)) return t.skip("needs shared/reference/butler/golden: time_uuid.json");
  const { time_literals: cases } = JSON.parse(readFileSync(GOLDEN, "utf8")) as {
    time_literals: [string, string | null][];
  };
  for (const [literal, expected] of cases) {
    assert.equal(parseTimeLiteral(literal)?.toString() ?? null, expected, literal);
  }
});
