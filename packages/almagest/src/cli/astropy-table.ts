/** One table of a command's text output, as the original prints it. */
export interface AstropyTable {
  readonly columns: readonly string[];
  /** Cells as they are printed. */
  readonly rows: readonly (readonly string[])[];
  /** Cells to the left instead of to the right. */
  readonly left?: boolean;
}

/** A text in the middle of a width, as Python's `str.center` places it. */
function center(text: string, width: number): string {
  const pad = Math.max(0, width - text.length);
  const left = Math.floor(pad / 2) + (pad & width & 1);
  return `${" ".repeat(left)}${text}${" ".repeat(pad - left)}`;
}

/** The table as astropy's `pprint_all` prints it: names centred over a rule, cells padded to the column's width, which is
 * three at least. */
export function renderAstropyTable({ columns, rows, left = false }: AstropyTable): string {
  // Characters are counted as Python counts them, by code point.
  const length = (text: string): number => [...text].length;
  const widths = columns.map((name, index) =>
    rows.reduce((width, row) => Math.max(width, length(row[index]!)), Math.max(3, length(name))),
  );
  const pad = (text: string, width: number): string => {
    const space = " ".repeat(width - length(text));
    return left ? text + space : space + text;
  };
  return [
    columns.map((name, index) => center(name, widths[index]!)).join(" "),
    widths.map((width) => "-".repeat(width)).join(" "),
    ...rows.map((row) => row.map((cell, index) => pad(cell, widths[index]!)).join(" ")),
  ].join("\n");
}
