import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createTable } from "./create-table.ts";
import { formatEcsv, parseEcsv } from "./ecsv.ts";

test("a table survives ECSV: numbers, texts, booleans, vectors, units and metadata", () => {
  const table = createTable(
    {
      id: BigInt64Array.of(2n ** 60n, -1n),
      flux: { data: Float64Array.of(1.5, Number.NaN), unit: "nJy", doc: "how bright: so, so" },
      name: ["two words", ""],
      good: { data: Uint8Array.of(1, 0), logical: true },
      shape: { data: Float32Array.of(1, 2, 3, Number.NEGATIVE_INFINITY, 5, 6), width: 3 },
    },
    { origin: 'here, "there"' },
  );
  const text = formatEcsv(table);
  assert.match(text, /^# %ECSV 1\.0\n# ---\n# datatype:\n# - \{name: id, datatype: int64\}/);
  assert.deepEqual(parseEcsv(text), table);
});

test("what astropy writes is read: commas, absent integers, ordered metadata", () => {
  const table = parseEcsv(
    `# %ECSV 1.0
# ---
# delimiter: ','
# datatype:
# - {name: a, unit: deg, datatype: int64}
# - {name: b, datatype: string}
# meta: !!omap
# - {EPOCH: 2000.0}
# schema: astropy-2.0
a,b
1,"x ""y"""
,z
`,
  );
  assert.deepEqual(table.columns.get("a"), { data: Float64Array.of(1, Number.NaN), unit: "deg" });
  assert.deepEqual(table.columns.get("b")?.data, ['x "y"', "z"]);
  assert.deepEqual(table.metadata, { EPOCH: "2000" });
});

test("what is no such table gives a coded error", () => {
  const top = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: int64}\n";
  for (const text of [
    "a b\n1 2\n",
    "# %ECSV 1.0\n# ---\n# {\na\n",
    `${top}a\n1 2\n`,
    `${top}a\nx\n`,
    `${top}a b\n`,
  ])
    assert.throws(
      () => parseEcsv(text),
      (error) => isAlmagestError(error, "TABLES.ECSV_INVALID"),
      text,
    );
});
