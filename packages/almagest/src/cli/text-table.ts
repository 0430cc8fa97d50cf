/** One row of a listing: values by column name. */
export type Row = Readonly<Record<string, unknown>>;

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** Rows as an aligned text table with a header line and a rule, numbers to the right. Empty input gives an empty text. */
export function renderTextTable(rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => names.map((name) => textOf(row[name])));
  const numeric = names.map((name) =>
    rows.every((row) => row[name] === undefined || typeof row[name] === "number"),
  );
  const widths = names.map((name, c) => Math.max(name.length, ...cells.map((row) => row[c]!.length)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, c) => (numeric[c] ? text.padStart(widths[c]!) : text.padEnd(widths[c]!)))
      .join("  ")
      .trimEnd();
  return [line(names), widths.map((width) => "-".repeat(width)).join("  "), ...cells.map(line)].join("\n");
}

/** Rows as CSV with a header line (RFC 4180 quoting). */
export function renderCsv(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const quote = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [
    names.map(quote).join(","),
    ...rows.map((row) => names.map((name) => quote(textOf(row[name]))).join(",")),
  ].join("\n");
}
