import { type Row, readColumns, type Sql } from "@almagest/database";
import { dataIdOfRow } from "../datasets/dataset-store.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { decodeUuid, forEachUuid } from "../repository/sql-codec.ts";
import type { DataIdValue, DatasetRef, DatasetType } from "../types.ts";

/** Results up to here are read by columns, which takes a few hundred bytes a row for a moment. */
const MOST_BY_COLUMNS = 1_000_000;

/** What the rows of a query of datasets are: required dimensions, dataset_id and run_id, in this order. */
export interface DatasetRows {
  readonly type: DatasetType;
  readonly required: readonly string[];
}

/** The same column with one place in memory for equal texts. */
function shareTexts(column: readonly DataIdValue[]): readonly DataIdValue[] {
  if (typeof column[0] !== "string") return column;
  const texts = new Map<DataIdValue, DataIdValue>();
  return column.map((value) => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    texts.set(value, value);
    return value;
  });
}

/** Orders references by data id. */
export function sortRefs(refs: DatasetRef[], names: readonly string[]): DatasetRef[] {
  return refs.sort((a, b) => {
    for (const name of names) {
      const [one, other] = [a.dataId[name]!, b.dataId[name]!];
      if (one !== other) return one < other ? -1 : 1;
    }
    return 0;
  });
}

/** True where rows come in the order of their columns, as what an index gives mostly does. */
function isInOrder(columns: readonly (readonly DataIdValue[])[], rows: number): boolean {
  for (let row = 1; row < rows; row++) {
    for (const column of columns) {
      const [one, other] = [column[row - 1]!, column[row]!];
      if (one < other) break;
      if (one > other) return false;
    }
  }
  return true;
}

async function runNames(
  state: ButlerState,
  ids: readonly (string | number)[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await state.collections.getByIds([...new Set(ids)].map(Number));
  return new Map([...rows].map(([id, row]) => [id, row.name]));
}

/** References of rows. */
export async function refsOfRows(
  state: ButlerState,
  { type, required }: DatasetRows,
  rows: readonly Row[],
): Promise<DatasetRef[]> {
  const count = required.length;
  const runs = await runNames(
    state,
    rows.map((row) => Number(row[count + 1])),
  );
  return rows.map((row) => ({
    id: decodeUuid(row[count] as string),
    datasetType: type,
    dataId: dataIdOfRow(required, row, 0),
    run: runs.get(Number(row[count + 1]))!,
  }));
}

/** References of all rows of a query, by data id with `sorted`; undefined where there are so many that they are better
 * read one after the other. */
export async function refsByColumns(
  state: ButlerState,
  { type, required }: DatasetRows,
  query: Sql,
  options: { readonly sorted: boolean; readonly signal?: AbortSignal | undefined },
): Promise<DatasetRef[] | undefined> {
  const { sorted, signal } = options;
  const wanted = [
    ...required.map((name) => ({ name })),
    { name: "dataset_id", joined: true },
    { name: "run_id" },
  ];
  const settings = { mostRows: MOST_BY_COLUMNS, ...(signal === undefined ? {} : { signal }) };
  const read = await readColumns(state.repository.db, query, wanted, settings);
  if (read === undefined) return undefined;
  const { rows, columns } = read;
  const values = (columns.slice(0, required.length) as (readonly DataIdValue[])[]).map(shareTexts);
  const ids = columns[required.length] as string;
  const runIds = columns[required.length + 1] as readonly number[];
  const runs = await runNames(state, runIds);
  const refs: DatasetRef[] = new Array(rows);
  forEachUuid(ids, rows, (id, row) => {
    const dataId: Record<string, DataIdValue> = {};
    for (let index = 0; index < required.length; index++) dataId[required[index]!] = values[index]![row]!;
    refs[row] = { id, datasetType: type, dataId, run: runs.get(runIds[row]!)! };
  });
  return sorted && !isInOrder(values, rows) ? sortRefs(refs, required) : refs;
}
