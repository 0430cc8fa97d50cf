import { identifier, joinSql, type SqlValue, sql } from "@almagest/database";
import type { DatasetAssociation } from "../api/collection-api.ts";
import type { CollectionRow, CollectionStore } from "../collections/collection-store.ts";
import type { Repository } from "../repository/repository.ts";
import { decodeUuid, timespanFromBounds, timespanSql } from "../repository/sql-codec.ts";
import { dataIdOfRow } from "./dataset-store.ts";
import type { DatasetTypeRow, DatasetTypeStore } from "./dataset-type-store.ts";

interface AssociationContext {
  readonly repository: Repository;
  readonly collections: CollectionStore;
  readonly types: DatasetTypeStore;
}

async function rowsOf(
  context: AssociationContext,
  type: DatasetTypeRow,
  members: readonly CollectionRow[],
  source: "tags" | "calibs",
): Promise<DatasetAssociation[]> {
  const { db } = context.repository;
  const tableName = source === "tags" ? type.tagsTable : type.calibsTable;
  if (tableName === undefined || members.length === 0) return [];
  const required = type.group.required;
  const span = timespanSql(db.dialect, "t");
  const columns = joinSql([
    identifier("t", "dataset_id"),
    identifier("d", "run_id"),
    identifier("t", "collection_id"),
    ...required.map((name) => identifier("t", name)),
    ...(source === "calibs" ? [span.begin, span.end] : []),
  ]);
  const rows = await db.rows(
    sql`SELECT ${columns} FROM ${identifier(tableName)} t JOIN dataset d ON d.id = t.dataset_id
        WHERE t.dataset_type_id = ${type.id} AND t.collection_id IN (${joinSql(members.map((row) => row.id))})`,
    { bigInts: true },
  );
  const names = await context.collections.getByIds(rows.flatMap((row) => [Number(row[1]), Number(row[2])]));
  return rows.map((row: readonly SqlValue[]) => {
    const end = 3 + required.length;
    return {
      ref: {
        id: decodeUuid(row[0] as string),
        datasetType: type.type,
        dataId: dataIdOfRow(required, row, 3),
        run: names.get(Number(row[1]))!.name,
      },
      collection: names.get(Number(row[2]))!.name,
      ...(source === "calibs"
        ? { timespan: timespanFromBounds(BigInt(row[end] as bigint), BigInt(row[end + 1] as bigint)) }
        : {}),
    };
  });
}

/** Every place a dataset type's datasets have in the given collections. */
export async function queryAssociations(
  context: AssociationContext,
  datasetType: string,
  expression: string | readonly string[],
): Promise<DatasetAssociation[]> {
  const type = await context.types.get(datasetType);
  const members = await context.collections.resolve(expression);
  const tagged = members.filter((row) => row.kind !== "CALIBRATION");
  const calibrations = members.filter((row) => row.kind === "CALIBRATION");
  return [
    ...(await rowsOf(context, type, tagged, "tags")),
    ...(await rowsOf(context, type, calibrations, "calibs")),
  ];
}
