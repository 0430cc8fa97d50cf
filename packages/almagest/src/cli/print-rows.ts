import type { Terminal } from "./terminal.ts";
import { type Row, renderCsv, renderTextTable } from "./text-table.ts";

/** The output options every query shares. */
export interface RowOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Serialises a result as JSON; integers beyond 2^53 stay digits. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(
    value,
    // JSON.rawJSON keeps all digits of a bigint, where Number would round them.
    (_key, member) =>
      typeof member === "bigint"
        ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(`${member}`)
        : member,
    2,
  );
}

/** Prints a query's rows as text, `--json` (one array) or `--csv`; says on the side when there are none. */
export function printRows(
  terminal: Terminal,
  rows: readonly Row[],
  options: RowOptions,
  nothing = "Nothing found.",
): void {
  if (options.json) terminal.out.write(`${toJsonText(rows)}\n`);
  else if (options.csv) terminal.out.write(`${renderCsv(rows)}\n`);
  else if (rows.length === 0) terminal.err.write(`${nothing}\n`);
  else terminal.out.write(`${renderTextTable(rows)}\n`);
}
