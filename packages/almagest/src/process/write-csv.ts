import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Table } from "@almagest/tables";

/** Rows written at once. */
const BATCH = 2000;

const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Writes a table as CSV with a header line; what is not known (NaN) is empty. Columns of several values are left out. */
export async function writeCsv(path: string, table: Table): Promise<void> {
  const columns = [...table.columns].filter(([, column]) => (column.width ?? 1) === 1);
  const stream = createWriteStream(path);
  stream.write(`${columns.map(([name]) => quote(name)).join(",")}\n`);
  for (let start = 0; start < table.rows; start += BATCH) {
    let text = "";
    for (let row = start; row < Math.min(table.rows, start + BATCH); row++) {
      text += `${columns
        .map(([, { data }]) => {
          const value = data[row]!;
          if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
          return typeof value === "string" ? quote(value) : String(value);
        })
        .join(",")}\n`;
    }
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await finished(stream);
}
