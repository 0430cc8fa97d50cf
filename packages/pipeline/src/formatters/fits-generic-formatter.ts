import { AlmagestError } from "@almagest/base";
import { type Formatter, tablePart } from "@almagest/butler";
import { type ColumnData, openFits, type TableData } from "@almagest/fits";
import type { Box } from "@almagest/images";
import { type Column, createTable, type Table, type ColumnData as TableColumnData } from "@almagest/tables";

function notRead(path: string, problem: string): AlmagestError {
  return new AlmagestError("PIPELINE.FORMAT_INVALID", `${path} ${problem}.`, { fields: { path } });
}

/** A column for a table of ours; undefined where rows differ in length, or are complex. */
function toColumn({ name, data, width, unit, format }: ColumnData, rows: number): [string, Column][] {
  const isText = Array.isArray(data) && data.every((cell) => typeof cell === "string");
  if ((Array.isArray(data) && !isText) || data.length !== rows * width) return [];
  const logical = format.endsWith("L") || format.endsWith("X") ? { logical: true } : {};
  const values = data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
  const column: Column = { data: values as TableColumnData, ...logical, ...(unit === "" ? {} : { unit }) };
  return [[name, width === 1 ? column : { ...column, width }]];
}

/** Boxes of bad pixels from a FITS region table, which counts centres from 1; what is no box or point is refused. */
function toBoxes({ rows, columns }: TableData, path: string): Box[] {
  const column = (name: string): ColumnData => {
    const found = columns.get(name);
    if (found === undefined) throw notRead(path, `is a region table without the column ${name}`);
    return found;
  };
  const [shape, x, y, r] = [column("SHAPE"), column("X"), column("Y"), column("R")];
  const at = ({ data, width }: ColumnData, row: number, place = 0): number => {
    const cell = data[Array.isArray(data) ? row : row * width + place];
    return Number(typeof cell === "object" ? cell[place] : cell);
  };
  return Array.from({ length: rows }, (_, row) => {
    const kind = String((shape.data as string[])[row])
      .trim()
      .toUpperCase();
    if (kind !== "BOX" && kind !== "POINT") throw notRead(path, `holds a region that is no box: ${kind}`);
    const [width, height] = kind === "POINT" ? [1, 1] : [at(r, row, 0), at(r, row, 1)];
    const first = (centre: number, size: number): number => Math.round(centre - 1 - (size - 1) / 2);
    return { x0: first(at(x, row), width), y0: first(at(y, row), height), width, height };
  });
}

/** What the science pipelines store by their general FITS formatter: a catalogue is read as a table (columns of one length),
 * a list of defects as boxes. Other objects (cameras, PSFs, curves as afw persists them) are refused; nothing is written. */
export const fitsGenericFormatter: Formatter<Table | readonly Box[]> = {
  name: "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter",
  extension: ".fits",
  readOnly: true,
  write: async (_value, path) => {
    throw notRead(path, "would be in a form of the science pipelines, which is only read here");
  },
  async read(path, options) {
    await using file = await openFits(path);
    const tables = file.hdus.filter(({ kind }) => kind === "bintable");
    const [hdu] = tables;
    if (hdu === undefined) throw notRead(path, "holds no table");
    if (hdu.header.has("AR_CATN") || tables.some(({ header }) => header.has("AR_NAME")))
      throw notRead(path, "is an object as afw persists it, which is not read here");
    const table = await hdu.readTable();
    if (table.columns.has("SHAPE") && table.columns.has("R")) return toBoxes(table, path);
    const columns = [...table.columns.values()].flatMap((column) => toColumn(column, table.rows));
    return tablePart(createTable(columns), options);
  },
};
