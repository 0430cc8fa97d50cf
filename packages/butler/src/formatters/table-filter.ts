import { AlmagestError } from "@almagest/base";
import type { Table } from "@almagest/tables";

type Cell = number | bigint | string | boolean;
type Test = (cell: Cell, value: unknown) => boolean;

/** A test of rows, and the columns that it looks at. */
export interface TableFilter {
  readonly columns: readonly string[];
  /** The test for the rows of one table. Throws `BUTLER.STORAGE_CLASS` for a column that it lacks. */
  of(table: Table): (row: number) => boolean;
}

const isIn: Test = (cell, values) => (values as readonly unknown[]).some((value) => equals(cell, value));
// Numbers and big integers compare by value with ==, as they should here.
// biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are the same cell.
const equals: Test = (cell, value) => cell == value;

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["=", equals],
  ["==", equals],
  ["!=", (cell, value) => !equals(cell, value)],
  ["<", (cell, value) => cell < (value as Cell)],
  ["<=", (cell, value) => cell <= (value as Cell)],
  [">", (cell, value) => cell > (value as Cell)],
  [">=", (cell, value) => cell >= (value as Cell)],
  ["in", isIn],
  ["not in", (cell, values) => !isIn(cell, values)],
]);

function invalid(problem: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.STORAGE_CLASS",
    `The parameter filters of a table ${problem}: it is a list of [column, operator, value] that all hold, or a list of such lists of which one holds.`,
    { fields: { parameter: "filters" } },
  );
}

interface Term {
  readonly column: string;
  readonly test: Test;
  readonly value: unknown;
}

function parseTerm(term: unknown): Term {
  const [column, operator, value] = Array.isArray(term) && term.length === 3 ? (term as unknown[]) : [];
  const test = typeof operator === "string" ? TESTS.get(operator) : undefined;
  if (typeof column !== "string" || test === undefined)
    throw invalid(`holds ${JSON.stringify(term)} (operators: ${[...TESTS.keys()].join(", ")})`);
  if ((operator === "in" || operator === "not in") && !Array.isArray(value))
    throw invalid(`tests '${column}' with '${operator}' against what is no list`);
  return { column, test, value };
}

/** The parameter `filters` of a read, in the form that pyarrow has: alternatives of tests that all hold. Throws `BUTLER.STORAGE_CLASS`. */
export function parseTableFilter(filters: unknown): TableFilter | undefined {
  if (filters === undefined || filters === null) return undefined;
  if (!Array.isArray(filters) || filters.length === 0) throw invalid("is empty or no list");
  const isOneConjunction = typeof (filters[0] as unknown[])?.[0] === "string";
  const lists = (isOneConjunction ? [filters] : filters) as unknown[];
  const terms = lists.map((list) => {
    if (!Array.isArray(list)) throw invalid("is not understood");
    return list.map(parseTerm);
  });
  const columns = [...new Set(terms.flat().map(({ column }) => column))];
  return {
    columns,
    of: (table) => {
      const missing = columns.find((name) => !table.columns.has(name));
      if (missing !== undefined) throw invalid(`names the column '${missing}', which is not there`);
      const wide = columns.find((name) => (table.columns.get(name)!.width ?? 1) !== 1);
      if (wide !== undefined) throw invalid(`names the column '${wide}', which has several values in a row`);
      const bound = terms.map((list) =>
        list.map(({ column, test, value }) => ({ cells: table.columns.get(column)!, test, value })),
      );
      return (row) =>
        bound.some((list) =>
          list.every(({ cells: { data, logical }, test, value }) =>
            test(logical ? data[row] !== 0 : (data[row] as Cell), value),
          ),
        );
    },
  };
}
