import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openFits } from "../file/open-fits.ts";
import { createAsciiTable } from "../testing/corpus.ts";
import { encodeFits } from "../write/encode-fits.ts";
import type { ColumnSpec } from "../write/hdu-spec.ts";
import type { TableData, TableRequest } from "./table-data.ts";

const COLUMNS: readonly ColumnSpec[] = [
  { name: "b", data: Uint8Array.of(0, 255, 3) },
  { name: "sb", data: Int8Array.of(-128, 0, 127) },
  { name: "i", data: Int16Array.of(-1, 2, 3, 4, 5, 6), width: 2 },
  { name: "u", data: Uint16Array.of(0, 65535, 3) },
  { name: "j", data: Int32Array.of(-1, 7, -1), nullValue: -1, unit: "ct" },
  { name: "uj", data: Uint32Array.of(0, 2 ** 32 - 1, 3) },
  { name: "k", data: BigInt64Array.of(-(2n ** 63n), 0n, 5n) },
  { name: "uk", data: BigUint64Array.of(2n ** 64n - 1n, 0n, 5n) },
  { name: "e", data: Float32Array.of(1.5, Number.NaN, -0) },
  { name: "d", data: Float64Array.from({ length: 12 }, (_, i) => i / 3), width: 4, dims: [2, 2] },
  { name: "c", data: Float32Array.of(1, 2, 3, 4, 5, 6), type: "C" },
  { name: "m", data: Float64Array.from({ length: 12 }, (_, i) => i), width: 4, type: "M" },
  { name: "a", data: ["one", "", "three"] },
  { name: "aa", data: ["a", "bb", "ccc", "", "e", "f"], width: 2 },
  { name: "l", data: [true, false, true] },
  { name: "x", data: Uint8Array.from({ length: 33 }, (_, i) => (i * 7) % 2), width: 11, type: "X" },
  { name: "p", data: [Float32Array.of(1, 2), Float32Array.of(), Float32Array.of(3)] },
  { name: "q", data: [Uint16Array.of(1), Uint16Array.of(65535, 2), Uint16Array.of()], type: "Q" },
];

async function readBack(columns: readonly ColumnSpec[], request?: TableRequest): Promise<TableData> {
  const file = await openFits(encodeFits([{ kind: "bintable", name: "T", columns }]));
  return file.hdu("T").readTable(request);
}

test("every column type comes back as it was written", async () => {
  const table = await readBack(COLUMNS);
  assert.equal(table.rows, 3);
  assert.deepEqual(
    [...table.columns.keys()],
    COLUMNS.map((column) => column.name),
  );
  for (const { name, data } of COLUMNS) {
    const wanted = name === "l" ? Uint8Array.of(1, 0, 1) : data;
    assert.deepEqual(table.columns.get(name)!.data, wanted, name);
  }
  assert.deepEqual(table.columns.get("j")!.nulls, Uint8Array.of(1, 0, 1));
  assert.equal(table.columns.get("j")!.unit, "ct");
  assert.deepEqual(table.columns.get("d")!.dims, [2, 2]);
  assert.equal(table.columns.get("m")!.width, 4);
});

test("chosen columns and rows only", async () => {
  const table = await readBack(COLUMNS, { columns: ["P", "e"], rowStart: 1, rowCount: 2 });
  assert.deepEqual([...table.columns.keys()], ["e", "p"]);
  assert.deepEqual(table.columns.get("e")!.data, Float32Array.of(Number.NaN, -0));
  assert.deepEqual(table.columns.get("p")!.data, [Float32Array.of(), Float32Array.of(3)]);
  const refused = (code: string, request: TableRequest): Promise<void> =>
    assert.rejects(readBack(COLUMNS, request), (error) => isAlmagestError(error, code));
  await refused("FITS.COLUMN_MISSING", { columns: ["nope"] });
  await refused("FITS.SECTION_INVALID", { rowStart: 2, rowCount: 2 });
});

test("a narrow column of long rows is read without the rest of the rows", async () => {
  const rows = 40;
  const columns: ColumnSpec[] = [
    { name: "wide", data: new Float64Array(rows * 4000), width: 4000 },
    { name: "id", data: Int32Array.from({ length: rows }, (_, i) => i) },
  ];
  const bytes = encodeFits([{ kind: "bintable", columns }]);
  let count = 0;
  const file = await openFits({
    size: bytes.length,
    read: async (offset, length) => {
      count += length;
      return bytes.subarray(offset, offset + length);
    },
  });
  count = 0;
  const table = await file.hdus[1]!.readTable({ columns: ["id"] });
  assert.deepEqual(table.columns.get("id")!.data, columns[1]!.data);
  assert.ok(count < 1000, `${count} bytes read`);
});

test("TSCAL and TZERO give doubles, NaN where TNULL", async () => {
  const bytes = encodeFits([
    {
      kind: "bintable",
      columns: [{ name: "s", data: Int16Array.of(1, -9, 3), nullValue: -9 }],
      header: [
        ["TSCAL9", 0.5],
        ["TSXXX1", 0.5],
      ],
    },
  ]);
  // The writer keeps TSCALn to itself, so a card of the same length is renamed.
  const at = Buffer.from(bytes).indexOf("TSXXX1");
  bytes.set(Buffer.from("TSCAL1"), at);
  const column = (await (await openFits(bytes)).hdus[1]!.readTable()).columns.get("s")!;
  assert.deepEqual(column.data, Float64Array.of(0.5, Number.NaN, 1.5));
  assert.deepEqual(column.nulls, Uint8Array.of(0, 1, 0));
});

test("ASCII tables are read with implied decimals, Fortran exponents and nulls", async () => {
  const table = await (await openFits(createAsciiTable())).hdus[1]!.readTable();
  const data = (name: string) => table.columns.get(name)!.data;
  assert.deepEqual(data("N"), Int32Array.of(12, 0, -7));
  assert.deepEqual(table.columns.get("N")!.nulls, Uint8Array.of(0, 1, 0));
  assert.deepEqual(data("NAME"), ["alpha", "beta", ""]);
  assert.deepEqual(data("X"), Float64Array.of(12.5, 1.5, -0.25));
  assert.deepEqual(data("Y"), Float64Array.of(1.5e10, -0.0025, Number.NaN));
});

test("descriptors that point outside the heap, and columns outside the row, are refused", async () => {
  const bytes = encodeFits([{ kind: "bintable", columns: [{ name: "v", data: [Float32Array.of(1, 2)] }] }]);
  const data = 2 * 2880;
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [
    [0, 3],
    [0, -1],
    [4, 1],
    [4, -4],
    [0, 2 ** 31 - 1],
  ] as const) {
    const old = view.getInt32(data + at);
    view.setInt32(data + at, value);
    await assert.rejects(
      openFits(bytes).then((file) => file.hdus[1]!.readTable()),
      (error) => isAlmagestError(error, "FITS.HEAP_INVALID") && typeof error.fields.offset === "number",
    );
    view.setInt32(data + at, old);
  }
  bytes.set(Buffer.from("'1PD(2)  '"), Buffer.from(bytes).indexOf("'1PE(2)"));
  await assert.rejects(
    openFits(bytes).then((file) => file.hdus[1]!.readTable()),
    (error) => isAlmagestError(error, "FITS.HEAP_INVALID"),
  );
  bytes.set(Buffer.from("'9999D   '"), Buffer.from(bytes).indexOf("'1PD(2)"));
  await assert.rejects(
    openFits(bytes).then((file) => file.hdus[1]!.readTable()),
    (error) => isAlmagestError(error, "FITS.STRUCTURE_INVALID") && error.fields.card === "TFORM1",
  );
});
