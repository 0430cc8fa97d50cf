import { AlmagestError } from "@almagest/base";
import { identifier, joinSql, type Sql, type SqlValue, sql } from "@almagest/database";
import { taiNsToIso } from "@almagest/sphere";
import type { CollectionRow } from "../collections/collection-store.ts";
import type { Repository } from "../repository/repository.ts";
import {
  decodeUuid,
  encodeTimespan,
  encodeUuid,
  timespanBounds,
  timespanColumns,
  timespanFromBounds,
  timespanSql,
} from "../repository/sql-codec.ts";
import { sequenceName } from "../schema/postgres-ddl.ts";
import type { DataId, DatasetRef, Timespan } from "../types.ts";
import { groupByType, requireKind } from "./associations.ts";
import { type DatasetStore, dataIdOfRow } from "./dataset-store.ts";
import type { DatasetTypeRow, DatasetTypeStore } from "./dataset-type-store.ts";

function calibsTableOf(type: DatasetTypeRow): string {
  if (type.calibsTable !== undefined) return type.calibsTable;
  throw new AlmagestError(
    "BUTLER.COLLECTION_KIND",
    `Dataset type '${type.type.name}' is not a calibration type, so it has no validity ranges.`,
    { fields: { datasetType: type.type.name } },
  );
}

/** Condition that a row's time span overlaps another. */
export function overlapsSql(repository: Repository, alias: string, span: Timespan): Sql {
  const { begin, end } = timespanBounds(span);
  if (repository.db.dialect === "postgresql") {
    return sql`${identifier(alias, "timespan")} && ${encodeTimespan("postgresql", span)[0]!}::int8range`;
  }
  const bounds = timespanSql("sqlite", alias);
  return sql`(${bounds.begin} < ${end} AND ${bounds.end} > ${begin})`;
}

function formatSpan(span: Timespan): string {
  const text = (ns: bigint | undefined, unbounded: string): string =>
    ns === undefined ? unbounded : `${taiNsToIso(ns, "tai", 0)} TAI`;
  return `[${text(span.begin, "−∞")}, ${text(span.end, "∞")})`;
}

/** Declares datasets valid for a time span. One transaction holds the write lock over look-up and insert, so two racing
 * certifications cannot both pass. Throws `BUTLER.CALIBRATION_CONFLICT`. */
export async function certifyDatasets(
  repository: Repository,
  types: DatasetTypeStore,
  datasets: DatasetStore,
  collection: CollectionRow,
  refs: readonly DatasetRef[],
  timespan: Timespan,
): Promise<void> {
  requireKind(collection, "CALIBRATION");
  const { db } = repository;
  await db.transaction(async () => {
    for (const [type, members] of await groupByType(types, refs)) {
      const tableName = calibsTableOf(type);
      if (db.dialect === "postgresql")
        await db.run(sql`LOCK TABLE ${identifier(tableName)} IN EXCLUSIVE MODE`);
      const required = type.group.required;
      await datasets.summarize(
        collection.id,
        type,
        members.map((ref) => ref.dataId),
      );
      const taken = new Map<string, string>();
      for (const ref of members) {
        const key = repository.universe.dataIdKey(ref.dataId, type.group);
        const conflict =
          taken.get(key) ?? (await findOverlap(repository, type, collection, ref.dataId, timespan));
        if (conflict !== undefined) {
          throw new AlmagestError(
            "BUTLER.CALIBRATION_CONFLICT",
            `Within ${formatSpan(timespan)} the collection '${collection.name}' already has a '${type.type.name}' for ${key.replaceAll("\u0001", ", ")} (${conflict}); decertify it first.`,
            {
              fields: {
                collection: collection.name,
                datasetType: type.type.name,
                dataId: ref.dataId,
                conflict,
              },
            },
          );
        }
        taken.set(key, ref.id);
      }
      await insertCalibs(
        repository,
        tableName,
        required,
        members.map((ref) => [
          type.id,
          encodeUuid(db.dialect, ref.id),
          collection.id,
          ...required.map((name) => ref.dataId[name]!),
          ...encodeTimespan(db.dialect, timespan),
        ]),
      );
    }
  });
}

async function insertCalibs(
  repository: Repository,
  tableName: string,
  required: readonly string[],
  rows: readonly SqlValue[][],
): Promise<void> {
  const columns = [
    "dataset_type_id",
    "dataset_id",
    "collection_id",
    ...required,
    ...timespanColumns(repository.db.dialect),
  ];
  if (repository.db.dialect === "sqlite") {
    await repository.db.insertMany(tableName, columns, rows);
    return;
  }
  if (rows.length === 0) return;
  const sequence = identifier(sequenceName(tableName, "id")).texts[0]!;
  const ids = await repository.db.rows(
    sql`SELECT nextval(${sequence}::regclass) FROM generate_series(1, ${rows.length})`,
  );
  await repository.db.insertMany(
    tableName,
    ["id", ...columns],
    rows.map((row, index) => [ids[index]![0]!, ...row]),
  );
}

async function findOverlap(
  repository: Repository,
  type: DatasetTypeRow,
  collection: CollectionRow,
  dataId: DataId,
  timespan: Timespan,
): Promise<string | undefined> {
  const dimensions = type.group.required.map((name) => sql` AND ${identifier("t", name)} = ${dataId[name]!}`);
  const [row] = await repository.db.rows(
    sql`SELECT t.dataset_id FROM ${identifier(calibsTableOf(type))} t
        WHERE t.dataset_type_id = ${type.id} AND t.collection_id = ${collection.id}${joinSql(dimensions, "")}
        AND ${overlapsSql(repository, "t", timespan)} LIMIT 1`,
  );
  return row === undefined ? undefined : decodeUuid(row[0] as string);
}

/** Removes validity within a time span; what reaches beyond it on either side stays, as one or two rows. */
export async function decertifyDatasets(
  repository: Repository,
  type: DatasetTypeRow,
  collection: CollectionRow,
  timespan: Timespan,
  dataIds: readonly DataId[] | undefined,
): Promise<void> {
  requireKind(collection, "CALIBRATION");
  const { db, universe } = repository;
  const tableName = calibsTableOf(type);
  const required = type.group.required;
  const cut = timespanBounds(timespan);
  const wanted =
    dataIds &&
    new Set(dataIds.map((dataId) => universe.dataIdKey(universe.conform(dataId, type.group), type.group)));
  await db.transaction(async () => {
    const span = timespanSql(db.dialect, "t");
    const columns = joinSql([
      identifier("t", "id"),
      identifier("t", "dataset_id"),
      span.begin,
      span.end,
      ...required.map((name) => identifier("t", name)),
    ]);
    const rows = await db.rows(
      sql`SELECT ${columns} FROM ${identifier(tableName)} t WHERE t.dataset_type_id = ${type.id}
          AND t.collection_id = ${collection.id} AND ${overlapsSql(repository, "t", timespan)}`,
      { bigInts: true },
    );
    const kept: SqlValue[][] = [];
    for (const row of rows) {
      const dataId = dataIdOfRow(required, row, 4);
      if (wanted !== undefined && !wanted.has(universe.dataIdKey(dataId, type.group))) continue;
      await db.run(sql`DELETE FROM ${identifier(tableName)} WHERE id = ${row[0]!}`);
      const begin = BigInt(row[2] as bigint);
      const end = BigInt(row[3] as bigint);
      const keep = (from: bigint, to: bigint): void => {
        const values = required.map((name) => dataId[name]!);
        const rest = encodeTimespan(db.dialect, timespanFromBounds(from, to));
        kept.push([type.id, row[1]!, collection.id, ...values, ...rest]);
      };
      if (begin < cut.begin) keep(begin, cut.begin);
      if (end > cut.end) keep(cut.end, end);
    }
    await insertCalibs(repository, tableName, required, kept);
  });
}
