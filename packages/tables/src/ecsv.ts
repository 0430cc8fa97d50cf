import { createTable } from "./create-table.ts";
import { type EcsvColumn, ecsvInvalid, formatEcsvHeader, parseEcsvHeader } from "./ecsv-header.ts";
import type { Column, ColumnData, Table } from "./table.ts";

type NumericData = Exclude<ColumnData, string[]>;

const ARRAYS: Readonly<Record<string, (length: number) => NumericData>> = {
  float64: (length) => new Float64Array(length),
  float32: (length) => new Float32Array(length),
  float16: (length) => new Float32Array(length),
  int8: (length) => new Int8Array(length),
  int16: (length) => new Int16Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  uint8: (length) => new Uint8Array(length),
  uint16: (length) => new Uint16Array(length),
  uint32: (length) => new Uint32Array(length),
  uint64: (length) => new Float64Array(length),
};

/** Cells of one line: words, or texts in quotation marks with "" for one of them. */
function splitLine(line: string, delimiter: string): string[] {
  const word = delimiter === "," ? '("(?:[^"]|"")*"|[^,]*)(?:,|$)' : '\\s*("(?:[^"]|"")*"|\\S+)\\s*';
  const cells: string[] = [];
  for (const match of line.matchAll(new RegExp(word, "gy"))) {
    if (delimiter === "," && match.index === line.length && !line.endsWith(",")) break;
    const cell = match[1]!;
    cells.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell.trim());
  }
  return cells;
}

function toNumbers(cells: readonly string[], type: string, name: string): NumericData {
  // Integers have no value for what is absent.
  const wanted = cells.includes("") && !type.startsWith("float") ? "float64" : type;
  const make = ARRAYS[wanted];
  if (make === undefined)
    throw ecsvInvalid(`column '${name}' has the type '${type}', which is not known here`);
  const data = make(cells.length);
  cells.forEach((cell, row) => {
    if (data instanceof BigInt64Array) {
      if (!/^[-+]?\d+$/.test(cell)) throw ecsvInvalid(`'${cell}' in column '${name}' is no integer`);
      data[row] = BigInt(cell);
      return;
    }
    const value = cell === "" || /^nan$/i.test(cell) ? Number.NaN : Number(cell.replace(/inf$/i, "Infinity"));
    if (Number.isNaN(value) && cell !== "" && !/^nan$/i.test(cell))
      throw ecsvInvalid(`'${cell}' in column '${name}' is no number`);
    data[row] = value;
  });
  return data;
}

function toColumn(column: EcsvColumn, cells: readonly string[]): Column {
  const { name, datatype, unit, description, subtype } = column;
  const about = { ...(unit ? { unit } : {}), ...(description ? { doc: description } : {}) };
  if (datatype === "bool")
    return { ...about, data: Uint8Array.from(cells, (cell) => Number(/^true$/i.test(cell))), logical: true };
  const [, element, length] = /^(\w+)\[(\d+)\]$/.exec(subtype ?? "") ?? [];
  if (element !== undefined && ARRAYS[element] !== undefined) {
    const width = Number(length);
    const flat = cells.flatMap((cell) =>
      cell
        .replace(/^\[|\]$/g, "")
        .split(",")
        .map((item) => item.trim()),
    );
    if (flat.length !== cells.length * width)
      throw ecsvInvalid(`column '${name}' does not hold ${width} values in every row`);
    return {
      ...about,
      data: toNumbers(
        flat.map((item) => (item === "null" ? "" : item)),
        element,
        name,
      ),
      width,
    };
  }
  return { ...about, data: datatype === "string" ? [...cells] : toNumbers(cells, datatype, name) };
}

/** Reads ECSV text: numbers, texts, booleans, and vectors of one length; metadata that are no text become JSON.
 * Throws `TABLES.ECSV_INVALID`. */
export function parseEcsv(text: string): Table {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const top = lines.filter((line) => line.startsWith("#"));
  const [names, ...body] = lines.filter((line) => !line.startsWith("#"));
  const { columns, delimiter, meta } = parseEcsvHeader(top.map((line) => line.replace(/^# ?/, "")));
  if (names === undefined || splitLine(names, delimiter).length !== columns.length)
    throw ecsvInvalid("the line of names does not have the columns of the header");
  const rows = body.map((line, index) => {
    const cells = splitLine(line, delimiter);
    if (cells.length === columns.length) return cells;
    throw ecsvInvalid(`row ${index + 1} has ${cells.length} values for ${columns.length} columns`);
  });
  return createTable(
    columns.map((column, at): [string, Column] => [
      column.name,
      toColumn(
        column,
        rows.map((row) => row[at]!),
      ),
    ]),
    Object.fromEntries(
      Object.entries(meta).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
}

function typeOf({ data, logical }: Column): string {
  if (Array.isArray(data)) return "string";
  if (logical) return "bool";
  const name = data.constructor.name.replace(/Array$/, "").toLowerCase();
  return name.replace("bigint64", "int64");
}

function quote(text: string): string {
  return text === "" || /[\s",#]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Python's words for what is no ordinary number. */
function formatNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

function formatCell({ data, logical, width = 1 }: Column, row: number): string {
  if (Array.isArray(data)) return quote(data[row]!);
  if (logical) return data[row] ? "True" : "False";
  if (width === 1) return formatNumber(data[row]!);
  const words = Array.from({ length: width }, (_, at) => formatNumber(data[row * width + at]!));
  // Vectors are JSON, as Python writes it.
  return quote(`[${words.join(",").replaceAll("nan", "NaN").replaceAll("inf", "Infinity")}]`);
}

/** The table as ECSV text, as astropy reads it. */
export function formatEcsv(table: Table): string {
  const entries = [...table.columns];
  const columns = entries.map(([name, column]): EcsvColumn => {
    const { unit, doc, width = 1 } = column;
    return {
      name,
      ...(unit ? { unit } : {}),
      datatype: width === 1 ? typeOf(column) : "string",
      ...(doc ? { description: doc } : {}),
      ...(width === 1 ? {} : { subtype: `${typeOf(column)}[${width}]` }),
    };
  });
  const lines = [entries.map(([name]) => quote(name)).join(" ")];
  for (let row = 0; row < table.rows; row++)
    lines.push(entries.map(([, column]) => formatCell(column, row)).join(" "));
  return `${formatEcsvHeader({ columns, meta: table.metadata })}${lines.join("\n")}\n`;
}
