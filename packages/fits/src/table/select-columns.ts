import { AlmagestError } from "@almagest/base";

/** The columns of these names in file order, or all; an exact name wins over one that differs in case. */
export function selectColumns<T extends { readonly name: string }>(
  columns: readonly T[],
  wanted: readonly string[] | undefined,
  table: string,
): readonly T[] {
  if (wanted === undefined) return columns;
  const chosen = new Set<T>();
  for (const name of wanted) {
    const lower = name.toLowerCase();
    const found =
      columns.find((column) => column.name === name) ??
      columns.find((column) => column.name.toLowerCase() === lower);
    if (found === undefined) {
      const names = columns.map((column) => column.name);
      throw new AlmagestError(
        "FITS.COLUMN_MISSING",
        `Table ${table} has no column ${name}; it has ${names.join(", ")}.`,
        { fields: { column: name, names } },
      );
    }
    chosen.add(found);
  }
  return columns.filter((column) => chosen.has(column));
}
