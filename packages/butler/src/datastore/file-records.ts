import { identifier, joinSql, type SqlValue, sql } from "@almagest/database";
import { chunks } from "../datasets/dataset-store.ts";
import type { Repository } from "../repository/repository.ts";
import { decodeUuid, encodeUuid } from "../repository/sql-codec.ts";

/** What stands for the whole dataset where a component is named. */
export const WHOLE_DATASET = "__NULL_STRING__";

/** One stored file of a dataset. */
export interface FileRecord {
  readonly id: string;
  readonly path: string;
  readonly formatter: string;
  readonly storageClass: string;
  /** Undefined for the whole dataset. */
  readonly component: string | undefined;
  readonly checksum: string | undefined;
  /** −1 when unknown. */
  readonly sizeBytes: number;
}

const COLUMNS = ["dataset_id", "path", "formatter", "storage_class", "component", "checksum", "file_size"];

/** A record from a row of the file table. */
export function toFileRecord(row: readonly SqlValue[]): FileRecord {
  const [id, path, formatter, storageClass, component, checksum, size] = row;
  return {
    id: decodeUuid(id as string),
    path: path as string,
    formatter: formatter as string,
    storageClass: storageClass as string,
    component: component === WHOLE_DATASET ? undefined : (component as string),
    checksum: (checksum as string | null) ?? undefined,
    sizeBytes: Number(size ?? -1),
  };
}

/** Files of datasets, by id. */
export async function findFiles(
  repository: Repository,
  ids: readonly string[],
): Promise<Map<string, FileRecord[]>> {
  const { db } = repository;
  const found = new Map<string, FileRecord[]>();
  const columns = joinSql(COLUMNS.map((name) => identifier(name)));
  for (const piece of chunks(ids)) {
    const rows = await db.rows(
      sql`SELECT ${columns} FROM ${identifier(repository.fileTable)}
          WHERE dataset_id IN (${joinSql(piece.map((id) => encodeUuid(db.dialect, id)))})`,
    );
    for (const row of rows) {
      const record = toFileRecord(row);
      const list = found.get(record.id);
      if (list === undefined) found.set(record.id, [record]);
      else list.push(record);
    }
  }
  return found;
}

/** Which dataset's file has this path, or is in the archive there, if any. */
export async function pathOwner(repository: Repository, path: string): Promise<string | undefined> {
  const [row] = await repository.db.rows(
    sql`SELECT dataset_id FROM ${identifier(repository.fileTable)} WHERE path = ${path} OR (path > ${`${path}#`} AND path < ${`${path}$`}) LIMIT 1`,
  );
  return row === undefined ? undefined : decodeUuid(row[0] as string);
}

/** Records files of registered datasets (within a transaction); those already recorded stay as they are. */
export async function insertFiles(repository: Repository, records: readonly FileRecord[]): Promise<void> {
  const { db } = repository;
  const ids = records.map((record) => encodeUuid(db.dialect, record.id));
  await Promise.all([
    db.insertMany(
      "dataset_location",
      ["datastore_name", "dataset_id"],
      ids.map((id) => [repository.datastoreName, id]),
      { onConflict: "ignore" },
    ),
    db.insertMany(
      repository.fileTable,
      COLUMNS,
      records.map((record, index) => [
        ids[index]!,
        record.path,
        record.formatter,
        record.storageClass,
        record.component ?? WHOLE_DATASET,
        record.checksum ?? null,
        record.sizeBytes,
      ]),
      { onConflict: "ignore" },
    ),
  ]);
}
