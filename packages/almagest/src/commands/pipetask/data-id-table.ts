import { AlmagestError } from "@almagest/base";
import type { Universe } from "@almagest/butler";
import { type IngestTable, readIngestTable } from "../butler/ingest-table.ts";
import type { GraphOptions } from "./graph-options.ts";

/** Values as the query language writes them: texts in quotes, numbers bare. */
function literalOf(universe: Universe, dimension: string, text: string): string {
  if (universe.element(dimension).keyType === "string") return `'${text.replaceAll("'", "''")}'`;
  if (/^-?\d+$/.test(text)) return text;
  throw new AlmagestError("ALMAGEST.USAGE", `A data id table says ${dimension}=${text}, not an integer.`);
}

/** An expression that holds for the data ids of a table, whose columns are dimensions; rows that differ in the last column
 * only are one list. Throws `ALMAGEST.USAGE`, `BUTLER.DIMENSION_UNKNOWN`. */
export function dataIdExpression(universe: Universe, { columns, rows }: IngestTable): string {
  if (columns.length === 0 || rows.length === 0) {
    throw new AlmagestError("ALMAGEST.USAGE", "A data id table has no rows, so nothing would be run.");
  }
  const last = columns.length - 1;
  const groups = new Map<string, Set<string>>();
  for (const row of rows) {
    const words = columns
      .slice(0, last)
      .map((name, i) => `${name} = ${literalOf(universe, name, row[i]!)} AND `);
    const key = words.join("");
    const values = groups.get(key) ?? new Set<string>();
    groups.set(key, values.add(literalOf(universe, columns[last]!, row[last]!)));
  }
  const parts = [...groups].map(([key, values]) => `(${key}${columns[last]} IN (${[...values].join(", ")}))`);
  return parts.join(" OR ");
}

/** The options with their data id tables made part of the data query: data must be in every table. */
export async function joinDataIdTables<T extends GraphOptions>(options: T, universe: Universe): Promise<T> {
  if (options.dataIdTable.length === 0) return options;
  const parts = options.dataQuery === undefined ? [] : [options.dataQuery];
  for (const path of options.dataIdTable) parts.push(dataIdExpression(universe, await readIngestTable(path)));
  return { ...options, dataQuery: parts.map((part) => `(${part})`).join(" AND ") };
}
