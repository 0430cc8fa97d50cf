import { rename, rm, writeFile } from "node:fs/promises";
import { zstdCompressSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { encodeTableMeta } from "./column-meta.ts";
import { schemaElements } from "./parquet-schema.ts";
import type { Column, Table } from "./table.ts";

const ROWS_PER_GROUP = 200_000;

/** A table as the bytes of a Parquet file (zstd; vectors as lists). Units, docs and metadata go into the key
 * `table_meta_yaml`, where astropy and the Rubin Butler keep them. Equal tables give equal bytes. */
export function encodeParquet(table: Table): Uint8Array {
  const schema: SchemaElement[] = [{ name: "schema", num_children: table.columns.size }];
  const columnData: { name: string; data: unknown[]; statistics: boolean }[] = [];
  for (const [name, column] of table.columns) {
    schema.push(...schemaElements(name, column));
    // Their stored minimum and maximum would be compared as signed.
    const statistics = !(column.data instanceof Uint32Array);
    columnData.push({ name, data: parquetValues(column) as unknown[], statistics });
  }
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema,
    codec: "ZSTD",
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    kvMetadata: [
      { key: "table_meta_yaml", value: encodeTableMeta(table) },
      { key: "lsst::arrow::rowcount", value: String(table.rows) },
    ],
    createdBy: "almagest",
  });
  if (table.rows > 0) parquet.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
  parquet.finish();
  return writer.getBytes();
}

function parquetValues(column: Column): ArrayLike<unknown> {
  const { data, logical, width = 1 } = column;
  let values: ArrayLike<unknown> = data;
  if (logical) values = Array.from(data as Uint8Array, (byte) => byte !== 0);
  // The writer refuses large unsigned words in a typed array, and takes them in a plain one.
  else if (data instanceof Uint32Array) values = Array.from(data);
  if (width === 1) return values;
  const rows: unknown[][] = [];
  for (let start = 0; start < values.length; start += width) {
    rows.push(Array.from({ length: width }, (_, k) => values[start + k]));
  }
  return rows;
}

let temporaries = 0;

/** Writes a table as Parquet, atomically: to a neighbouring temporary file, then renamed. */
export async function writeParquet(path: string, table: Table): Promise<void> {
  await writeAtomically(path, encodeParquet(table));
}

/** Writes a file so that its name never holds part of it. */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}-${temporaries++}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
