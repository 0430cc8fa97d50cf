import { open } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { AlmagestError, isAlmagestError } from "@almagest/base";
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaTree,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { decodeTableMeta, type TableMeta } from "./column-meta.ts";
import { allocateKind, type ColumnPlan, planColumn } from "./parquet-schema.ts";
import type { Column, ColumnData, Table } from "./table.ts";

/** What to read; all unless told. */
export interface ReadParquetOptions {
  readonly columns?: readonly string[];
  /** Rows from the first to before the second, counted from 0; only row groups that hold some of them are read. */
  readonly rows?: readonly [first: number, end: number];
  /** Row groups, counted from 0, in the order given; instead of `rows`. */
  readonly rowGroups?: readonly number[];
}

/** Names, row count and notes of a Parquet file, without its values. */
export interface ParquetSummary {
  readonly rows: number;
  readonly columnNames: readonly string[];
  readonly meta: TableMeta;
}

/** Reads a Parquet file or its bytes. Nulls become NaN in floats, false in booleans, empty text in texts; integers of up
 * to 32 bits with nulls become Float64 with NaN, 64-bit ones 0. Times become nanoseconds since 1970.
 * Throws `TABLES.PARQUET_INVALID`, `TABLES.PARQUET_UNSUPPORTED`, `TABLES.COLUMN_MISSING`, `TABLES.ROW_GROUP_MISSING`. */
export async function readParquet(
  source: string | Uint8Array,
  options: ReadParquetOptions = {},
): Promise<Table> {
  return withFile(source, async (file, name) => {
    const metadata = await parquetMetadataAsync(file);
    const tree = parquetSchema(metadata);
    const nodes = new Map(tree.children.map((node) => [node.element.name, node]));
    const wanted = options.columns ?? [...nodes.keys()];
    const plans = new Map(wanted.map((column) => [column, planColumn(findNode(nodes, column, name))]));
    const ranges = rangesOf(metadata, options, name);
    const { chunks, rows } = await readRanges(file, metadata, wanted, ranges);
    const meta = readMeta(metadata);
    const columns = new Map<string, Column>();
    for (const [column, plan] of plans) {
      const note = meta.columns.get(column);
      const filled = fillColumn(column, plan, rows, chunks.get(column) ?? []);
      columns.set(column, {
        ...filled,
        ...(note?.unit ? { unit: note.unit } : {}),
        ...(note?.doc ? { doc: note.doc } : {}),
      });
    }
    return { rows, columns, metadata: meta.metadata };
  });
}

/** Row count, column names and notes of a Parquet file: reads only its footer. Throws `TABLES.PARQUET_INVALID`. */
export async function readParquetSummary(source: string | Uint8Array): Promise<ParquetSummary> {
  return withFile(source, async (file) => {
    const metadata = await parquetMetadataAsync(file);
    const columnNames = parquetSchema(metadata).children.map((node) => node.element.name);
    return { rows: Number(metadata.num_rows), columnNames, meta: readMeta(metadata) };
  });
}

type Chunk = { readonly start: number; readonly values: ArrayLike<unknown> };

/** Rows from the first to before the second. */
type RowRange = readonly [first: number, end: number];

function rangesOf(metadata: FileMetaData, options: ReadParquetOptions, name: string): RowRange[] {
  const total = Number(metadata.num_rows);
  const { rows, rowGroups } = options;
  if (rowGroups === undefined) {
    const [first, end] = rows ?? [0, total];
    return [[Math.min(first, total), Math.min(Math.max(first, end), total)]];
  }
  const ends: number[] = [];
  for (const group of metadata.row_groups) ends.push((ends.at(-1) ?? 0) + Number(group.num_rows));
  return rowGroups.map((index) => {
    const end = ends[index];
    if (end !== undefined) return [ends[index - 1] ?? 0, end];
    throw new AlmagestError(
      "TABLES.ROW_GROUP_MISSING",
      `${name} has ${ends.length} row groups, none ${index}.`,
      {
        fields: { name, index, groups: ends.length },
      },
    );
  });
}

/** The chunks of some ranges of rows, placed as if those rows stood one after the other. */
async function readRanges(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
  ranges: readonly RowRange[],
): Promise<{ chunks: Map<string, Chunk[]>; rows: number }> {
  const all = new Map<string, Chunk[]>(columns.map((column) => [column, []]));
  let rows = 0;
  for (const [first, end] of ranges) {
    if (first === end) continue;
    for (const [column, chunks] of await readChunks(file, metadata, columns, [first, end])) {
      for (const { start, values } of chunks) {
        const [from, to] = [Math.max(start, first), Math.min(start + values.length, end)];
        if (from >= to) continue;
        const isWhole = from === start && to === start + values.length;
        const kept = isWhole ? values : partOf(values, from - start, to - start);
        all.get(column)!.push({ start: rows + from - first, values: kept });
      }
    }
    rows += end - first;
  }
  return { chunks: all, rows };
}

function partOf(values: ArrayLike<unknown>, from: number, to: number): ArrayLike<unknown> {
  if (Array.isArray(values)) return values.slice(from, to);
  return (values as Float64Array).subarray(from, to);
}

const toNs = (factor: bigint) => (value: bigint | null) => (value === null ? null : value * factor);

async function readChunks(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
  [rowStart, rowEnd]: RowRange,
): Promise<Map<string, Chunk[]>> {
  const chunks = new Map<string, Chunk[]>();
  if (columns.length === 0) return chunks;
  await parquetRead({
    file,
    metadata,
    columns: [...columns],
    rowStart,
    rowEnd,
    compressors: { ...compressors, ZSTD: (input) => zstdDecompressSync(input) },
    parsers: {
      timestampFromMilliseconds: toNs(1_000_000n),
      timestampFromMicroseconds: toNs(1000n),
      timestampFromNanoseconds: toNs(1n),
      dateFromDays: (days) => days,
      jsonFromBytes: (bytes) => bytes && new TextDecoder().decode(bytes),
      geometryFromBytes: (bytes) => bytes?.toHex(),
      geographyFromBytes: (bytes) => bytes?.toHex(),
    },
    geoparquet: false,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const list = chunks.get(columnName) ?? [];
      chunks.set(columnName, list);
      list.push({ start: rowStart, values: columnData });
    },
  });
  return chunks;
}

function fillColumn(name: string, plan: ColumnPlan, rows: number, chunks: readonly Chunk[]): Column {
  const width = plan.list ? listWidth(name, chunks) : 1;
  let data = allocateKind(plan.kind, rows * width);
  let hole: number | string | undefined =
    plan.kind === "string" ? "" : plan.kind === "logical" || plan.kind === "BigInt64" ? 0 : undefined;
  if (data instanceof Float64Array || data instanceof Float32Array) hole = Number.NaN;
  const isWide = plan.kind === "BigInt64";
  for (const { start, values } of chunks) {
    if (!plan.list && ArrayBuffer.isView(values) && ArrayBuffer.isView(data) && isWide === isBig(values)) {
      (data as Float64Array).set(values as unknown as Float64Array, start);
      continue;
    }
    for (let row = 0; row < values.length; row++) {
      for (let k = 0; k < width; k++) {
        const value = plan.list ? (values[row] as ArrayLike<unknown>)[k] : values[row];
        if (value === null || value === undefined) {
          if (hole === undefined) {
            data = Float64Array.from(data as Int32Array);
            hole = Number.NaN;
          }
          (data as unknown[])[(start + row) * width + k] = isWide ? 0n : hole;
        } else (data as unknown[])[(start + row) * width + k] = convertValue(value, plan);
      }
    }
  }
  return {
    data: data as ColumnData,
    ...(plan.kind === "logical" ? { logical: true } : {}),
    ...(width > 1 ? { width } : {}),
  };
}

function convertValue(value: unknown, plan: ColumnPlan): unknown {
  if (plan.kind === "BigInt64") return BigInt(value as bigint);
  if (plan.kind === "logical") return value ? 1 : 0;
  if (plan.kind === "string") return value instanceof Uint8Array ? value.toHex() : String(value);
  return Number(value);
}

const isBig = (values: ArrayLike<unknown>): boolean =>
  values instanceof BigInt64Array || values instanceof BigUint64Array;

function listWidth(name: string, chunks: readonly Chunk[]): number {
  let width: number | undefined;
  for (const { values } of chunks) {
    for (let row = 0; row < values.length; row++) {
      const length = (values[row] as ArrayLike<unknown> | null)?.length;
      width ??= length;
      if (length === undefined || length !== width || length === 0) {
        throw new AlmagestError(
          "TABLES.PARQUET_UNSUPPORTED",
          `Column '${name}' holds lists of varying length; read the other columns by name.`,
          { fields: { name } },
        );
      }
    }
  }
  return width ?? 1;
}

function findNode(nodes: ReadonlyMap<string, SchemaTree>, column: string, name: string): SchemaTree {
  const node = nodes.get(column);
  if (node) return node;
  throw new AlmagestError(
    "TABLES.COLUMN_MISSING",
    `No column '${column}' in ${name}; it has ${[...nodes.keys()].slice(0, 20).join(", ")}.`,
    { fields: { column, file: name, names: [...nodes.keys()] } },
  );
}

function readMeta(metadata: FileMetaData): TableMeta {
  const text = metadata.key_value_metadata?.find(({ key }) => key === "table_meta_yaml")?.value;
  return text ? decodeTableMeta(text) : { columns: new Map(), metadata: {} };
}

async function withFile<T>(
  source: string | Uint8Array,
  use: (file: AsyncBuffer, name: string) => Promise<T>,
): Promise<T> {
  const name = typeof source === "string" ? source : "Parquet bytes";
  const handle = typeof source === "string" ? await open(source) : undefined;
  try {
    const byteLength = handle ? (await handle.stat()).size : source.length;
    const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> => {
      if (typeof source !== "string") return source.slice(start, end).buffer as ArrayBuffer;
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await handle!.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    };
    return await use({ byteLength, slice }, name);
  } catch (cause) {
    if (isAlmagestError(cause) || (cause as { code?: string }).code === "ENOENT") throw cause;
    throw new AlmagestError(
      "TABLES.PARQUET_INVALID",
      `${name} is not readable as Parquet: ${(cause as Error).message}.`,
      {
        fields: { name },
        cause,
      },
    );
  } finally {
    await handle?.close();
  }
}
