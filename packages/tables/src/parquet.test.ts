import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import fc from "fast-check";
import {
  createTable,
  encodeParquet,
  readParquet,
  readParquetSummary,
  type Table,
  writeParquet,
} from "./index.ts";

const everything = createTable(
  {
    id: { data: BigInt64Array.of(9007199254740993n, -1n, 7n), doc: "identifier" },
    ra: { data: Float64Array.of(1.5, Number.NaN, -0), unit: "deg", doc: 'with "quotes": and colon' },
    flux: { data: Float32Array.of(1, 2, 3), unit: "nJy" },
    i8: Int8Array.of(-128, 0, 127),
    i16: Int16Array.of(-32768, 0, 32767),
    i32: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1),
    u8: Uint8Array.of(0, 1, 255),
    u16: Uint16Array.of(0, 1, 65535),
    u32: Uint32Array.of(0, 1, 2 ** 32 - 1),
    name: ["α", "", "c\n"],
    good: { data: Uint8Array.of(1, 0, 1), logical: true },
    cov: { data: Float32Array.of(1, 2, 3, 4, 5, 6), width: 2, unit: "pix2" },
    ids: { data: BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n), width: 2 },
  },
  { band: "r", note: "two\nlines" },
);

test("every kind of column survives Parquet with its unit, doc and metadata", async () => {
  const bytes = encodeParquet(everything);
  assert.deepEqual(await readParquet(bytes), everything);
  assert.deepEqual(bytes, encodeParquet(everything), "the same table gives the same bytes");
  const summary = await readParquetSummary(bytes);
  assert.equal(summary.rows, 3);
  assert.deepEqual(summary.columnNames, [...everything.columns.keys()]);
});

test("an empty table and a selection of columns survive", async () => {
  const empty = createTable({ id: new BigInt64Array(0), v: { data: new Float32Array(0), unit: "s" } });
  assert.deepEqual(await readParquet(encodeParquet(empty)), empty);
  const some = await readParquet(encodeParquet(everything), { columns: ["name", "ra"] });
  assert.deepEqual([...some.columns.keys()], ["name", "ra"]);
  await assert.rejects(readParquet(encodeParquet(everything), { columns: ["nope"] }), (error) =>
    isAlmagestError(error, "TABLES.COLUMN_MISSING"),
  );
});

test("random tables survive", async () => {
  const table = fc.integer({ min: 0, max: 50 }).chain((rows) =>
    fc.record({
      a: fc.float64Array({ minLength: rows, maxLength: rows }),
      b: fc.bigInt64Array({ minLength: rows, maxLength: rows }),
      c: fc.array(fc.string({ unit: "grapheme" }), { minLength: rows, maxLength: rows }),
      d: fc.uint16Array({ minLength: rows, maxLength: rows }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(table, async (columns) => {
      const expected = createTable(columns);
      const actual = await readParquet(encodeParquet(expected));
      for (const [name, column] of expected.columns) assert.deepEqual(actual.columns.get(name), column);
    }),
    { numRuns: 60 },
  );
});

test("a file appears whole or not at all, and many row groups join", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-tables-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const rows = 450_000;
  const large = createTable({
    i: Int32Array.from({ length: rows }, (_, i) => i),
    x: Float64Array.from({ length: rows }, (_, i) => i / 7),
  });
  await writeParquet(join(folder, "t.parquet"), large);
  assert.deepEqual(readdirSync(folder), ["t.parquet"]);
  assert.deepEqual(await readParquet(join(folder, "t.parquet")), large);
  await assert.rejects(writeParquet(join(folder, "no/such/t.parquet"), large), { code: "ENOENT" });
});

test("bytes that are not Parquet, or cut short, give a coded error", async () => {
  const good = encodeParquet(everything);
  for (const bytes of [new Uint8Array(0), new Uint8Array(100), good.slice(0, 300), good.slice(200)]) {
    await assert.rejects(readParquet(bytes), (error) => isAlmagestError(error, "TABLES.PARQUET_INVALID"));
  }
});

test("Parquet written by Rubin's pipelines is read", async (t) => {
  const data = join(import.meta.dirname, "../../../../shared/data");
  if (!existsSync(join(data, "lsst_products_dia"))) {
    t.skip("needs shared/data/lsst_products_dia, lsst_products_cfht: tables written by the Rubin stack");
    return;
  }
  const load = (path: string): Promise<Table> => readParquet(join(data, path));
  const sources = await load("lsst_products_dia/dia_source_59160_13.parq");
  assert.equal(sources.rows, 574);
  assert.ok(sources.columns.get("diaSourceId")!.data instanceof BigInt64Array);
  assert.ok((sources.columns.get("ra")!.data as Float64Array).every((ra) => ra > 149 && ra < 151));
  const injected = await load("lsst_products_dia/injection_catalog_g_231869.parq");
  assert.equal(injected.rows, 1476);
  assert.equal(typeof injected.columns.get("source_type")!.data[0], "string");
  const hsc = await load("lsst_products_cfht/hsc_subselected-sourceTable-0034690.parq");
  assert.equal(hsc.rows, 168);
  assert.equal(hsc.columns.size, 150);
  assert.ok([...hsc.columns.values()].some((column) => column.logical));
});
