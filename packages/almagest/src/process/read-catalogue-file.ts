import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { openFits } from "@almagest/fits";
import { type Column, type ColumnData, createTable, readParquet, type Table } from "@almagest/tables";

/** Reads a catalogue: Parquet, CSV with a header line, or the first table of a FITS file. Throws `ALMAGEST.CATALOGUE_UNREADABLE`. */
export async function readCatalogueFile(path: string): Promise<Table> {
  try {
    if (/\.(parquet|parq|pq)$/i.test(path)) return await readParquet(path);
    if (/\.(csv|tsv|txt)$/i.test(path)) return parseCsv(await readFile(path, "utf8"));
    return await readFitsTable(path);
  } catch (error) {
    throw new AlmagestError(
      "ALMAGEST.CATALOGUE_UNREADABLE",
      `The catalogue ${path} cannot be read: ${(error as Error).message} Give Parquet, CSV with a header line, or a FITS table.`,
      { fields: { path }, cause: error },
    );
  }
}

async function readFitsTable(path: string): Promise<Table> {
  await using fits = await openFits(path);
  const hdu = fits.hdus.find(({ kind }) => kind !== "image" && kind !== "compressed-image");
  if (hdu === undefined) throw new Error("the file holds no table.");
  const { columns, rows } = await hdu.readTable();
  const entries: Array<[string, Column]> = [];
  for (const { name, data, width, unit } of columns.values()) {
    if (width !== 1 || data.length !== rows) continue;
    const values = plainColumn(data);
    if (values !== undefined) entries.push([name, { data: values, ...(unit === "" ? {} : { unit }) }]);
  }
  return createTable(entries);
}

function plainColumn(data: unknown): ColumnData | undefined {
  if (data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (ArrayBuffer.isView(data)) return data as ColumnData;
  return Array.isArray(data) && data.every((value) => typeof value === "string") ? data : undefined;
}

/** Splits one line at separators outside quotes. */
function splitLine(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let k = 0; k < line.length; k++) {
    const letter = line[k]!;
    if (letter === '"') {
      if (quoted && line[k + 1] === '"') {
        cell += '"';
        k++;
      } else quoted = !quoted;
    } else if (letter === separator && !quoted) {
      cells.push(cell);
      cell = "";
    } else cell += letter;
  }
  return [...cells, cell].map((text) => text.trim());
}

/** A table of CSV text: columns whose cells are all numbers (or empty, then NaN) become numbers. `#` begins a comment. */
export function parseCsv(text: string): Table {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !/^#(?!\s*\w+\s*[,\t])/.test(line));
  const [head = "", ...body] = lines;
  const separator = [",", "\t", ";", "|"].find((candidate) => head.includes(candidate)) ?? ",";
  const names = splitLine(head.replace(/^#\s*/, ""), separator);
  const rows = body.map((line) => splitLine(line, separator));
  return createTable(
    names.map((name, c): [string, ColumnData] => {
      const cells = rows.map((row) => row[c] ?? "");
      const numbers = Float64Array.from(cells, (cell) =>
        /^(|nan|null|none|--)$/i.test(cell) ? Number.NaN : Number(cell),
      );
      const numeric = cells.every(
        (cell, k) => Number.isFinite(numbers[k]!) || /^(|nan|null|none|--)$/i.test(cell),
      );
      return [name, numeric ? numbers : cells];
    }),
  );
}
