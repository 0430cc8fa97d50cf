import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";

/** A text table: names of its columns, then rows of texts. */
export interface IngestTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Splits one line of CSV (RFC 4180) or, without commas, of words where quotes keep spaces. */
function splitLine(line: string, delimiter: "," | " "): string[] {
  const pattern = delimiter === "," ? /("(?:[^"]|"")*"|[^,]*)(?:,|$)/gy : /\s*("(?:[^"]|"")*"|\S+)\s*/gy;
  const cells: string[] = [];
  for (const match of line.matchAll(pattern)) {
    if (delimiter === "," && match.index === line.length && !line.endsWith(",")) break;
    const cell = match[1]!;
    cells.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell.trim());
    if (delimiter === "," && !match[0].endsWith(",")) break;
  }
  return cells;
}

/** Reads the table of `ingest-files`: CSV, ECSV, or words in columns; lines that begin with `#` are comments.
 * Throws `ALMAGEST.CATALOGUE_UNREADABLE`. */
export async function readIngestTable(path: string): Promise<IngestTable> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new AlmagestError("ALMAGEST.CATALOGUE_UNREADABLE", `Cannot read the table ${path}.`, {
      cause,
      fields: { path },
    });
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const [head, ...body] = lines;
  if (head === undefined) {
    throw new AlmagestError("ALMAGEST.CATALOGUE_UNREADABLE", `The table ${path} is empty.`, {
      fields: { path },
    });
  }
  const delimiter = head.includes(",") ? "," : " ";
  const columns = splitLine(head, delimiter);
  const rows = body.map((line, index) => {
    const row = splitLine(line, delimiter);
    if (row.length === columns.length) return row;
    throw new AlmagestError(
      "ALMAGEST.CATALOGUE_UNREADABLE",
      `${path}: row ${index + 1} has ${row.length} values for ${columns.length} columns.`,
      { fields: { path, row: index + 1 } },
    );
  });
  return { columns, rows };
}
