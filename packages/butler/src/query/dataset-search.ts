import { AlmagestError } from "@almagest/base";
import { identifier, joinSql, rawSql, type Sql, sql } from "@almagest/database";
import type { CollectionRow } from "../collections/collection-store.ts";
import type { DatasetTypeRow } from "../datasets/dataset-type-store.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { isGlob } from "../repository/name-pattern.ts";
import { timespanSql } from "../repository/sql-codec.ts";

/** A search for datasets of one type in some collections. */
export interface DatasetSearch {
  readonly type: DatasetTypeRow;
  /** Flattened, in search order, and only those that hold such datasets. */
  readonly collections: readonly CollectionRow[];
  readonly findFirst: boolean;
}

/** Resolves what a caller asked for. Throws `BUTLER.DATASET_TYPE_MISSING`, `BUTLER.COLLECTION_MISSING`,
 * `BUTLER.COLLECTION_EXPRESSION`. */
export async function resolveSearch(
  state: ButlerState,
  datasetType: string,
  expression: string | readonly string[],
  findFirst: boolean,
): Promise<DatasetSearch> {
  const patterns = [expression].flat();
  if (findFirst && patterns.some(isGlob)) {
    throw new AlmagestError(
      "BUTLER.COLLECTION_EXPRESSION",
      `'${patterns.find(isGlob)}' has no search order; name collections exactly, or ask for all matches.`,
      { fields: { collections: patterns } },
    );
  }
  const all = await state.collections.resolve(patterns);
  const type = await state.types.get(datasetType);
  const rows = await state.repository.db.rows(
    sql`SELECT collection_id FROM collection_summary_dataset_type WHERE dataset_type_id = ${type.id}`,
  );
  const holders = new Set(rows.map(([id]) => Number(id)));
  return { type, collections: all.filter((row) => holders.has(row.id)), findFirst };
}

/** What a search gives besides the data id and the dataset's id. */
export interface SearchColumns {
  readonly ingestDate: boolean;
  /** The collection through which it was found. */
  readonly collection: boolean;
  /** Validity range (both ends NULL outside CALIBRATION collections). */
  readonly timespan: boolean;
}

/** A search as a sub-query with columns: required dimensions, dataset_id, run_id, and as asked ingest_date,
 * collection_id, timespan_begin, timespan_end, search_rank. */
export interface SearchSql {
  readonly sql: Sql;
  /** True when CALIBRATION collections take part. */
  readonly calibrations: boolean;
  /** True when one data id may occur more than once. */
  readonly repeats: boolean;
}

function idList(rows: readonly CollectionRow[]): Sql {
  return rows.length === 0 ? rawSql("-1") : joinSql(rows.map((row) => row.id));
}

function branch(
  state: ButlerState,
  search: DatasetSearch,
  members: readonly CollectionRow[],
  source: "tags" | "calibs",
  columns: SearchColumns & { readonly rank: boolean },
): Sql {
  const { type } = search;
  const { dialect } = state.repository.db;
  const runIsCollection = source === "tags" && members.every((row) => row.kind === "RUN");
  const joinDataset = !runIsCollection || columns.ingestDate;
  const span = timespanSql(dialect, "t");
  const selected: Sql[] = [
    ...type.group.required.map((name) => identifier("t", name)),
    rawSql("t.dataset_id"),
    runIsCollection ? rawSql("t.collection_id AS run_id") : rawSql("s.run_id"),
  ];
  if (columns.ingestDate) selected.push(rawSql("s.ingest_date"));
  if (columns.collection) selected.push(rawSql("t.collection_id"));
  if (columns.timespan) {
    selected.push(
      sql`${source === "calibs" ? span.begin : rawSql("CAST(NULL AS BIGINT)")} AS timespan_begin`,
    );
    selected.push(sql`${source === "calibs" ? span.end : rawSql("CAST(NULL AS BIGINT)")} AS timespan_end`);
  }
  if (columns.rank) {
    const cases = search.collections.map((row, index) => sql`WHEN ${row.id} THEN ${index}`);
    selected.push(
      cases.length === 0
        ? rawSql("0 AS search_rank")
        : sql`CASE t.collection_id ${joinSql(cases, " ")} END AS search_rank`,
    );
  }
  const tableName = source === "tags" ? type.tagsTable : type.calibsTable!;
  const joined = joinDataset ? rawSql(" JOIN dataset s ON s.id = t.dataset_id") : sql``;
  return sql`SELECT ${joinSql(selected)} FROM ${identifier(tableName)} t${joined} WHERE t.dataset_type_id = ${type.id} AND t.collection_id IN (${idList(members)})`;
}

/** The sub-query of a search. With `findFirst` only the best-ranked rows of a data id remain, unless calibrations are to be
 * joined in time first (`rankLater`): then `search_rank` is a column. */
export function searchSql(
  state: ButlerState,
  search: DatasetSearch,
  wanted: SearchColumns,
  rankLater: boolean,
): SearchSql {
  const calibMembers =
    search.type.calibsTable === undefined
      ? []
      : search.collections.filter((row) => row.kind === "CALIBRATION");
  const tagMembers = search.collections.filter((row) => row.kind !== "CALIBRATION");
  const calibrations = calibMembers.length > 0;
  const several = search.collections.length > 1;
  const rank = search.findFirst && (several || calibrations);
  const columns = { ...wanted, rank };
  const branches = [
    ...(tagMembers.length > 0 || !calibrations ? [branch(state, search, tagMembers, "tags", columns)] : []),
    ...(calibrations ? [branch(state, search, calibMembers, "calibs", columns)] : []),
  ];
  // As in the original, a dataset found both by run and by validity is given once.
  const united = branches.length === 1 ? branches[0]! : joinSql(branches, rank ? " UNION ALL " : " UNION ");
  if (!rank || rankLater) return { sql: united, calibrations, repeats: several || calibrations };
  const partition = joinSql(search.type.group.required.map((name) => identifier(name)));
  const over = search.type.group.required.length === 0 ? sql`` : sql`PARTITION BY ${partition} `;
  const first = sql`SELECT *, rank() OVER (${over}ORDER BY search_rank) AS place FROM (${united}) u`;
  return { sql: sql`SELECT * FROM (${first}) r WHERE place = 1`, calibrations, repeats: calibrations };
}
