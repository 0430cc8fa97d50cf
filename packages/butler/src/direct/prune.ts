import { identifier, joinSql, sql } from "@almagest/database";
import { isAbsoluteUri } from "@almagest/resources";
import { chunks } from "../datasets/dataset-store.ts";
import { findFiles } from "../datastore/file-records.ts";
import { locationOf, removeStored } from "../datastore/stored-file.ts";
import { archiveOf } from "../datastore/zip-member.ts";
import type { Repository } from "../repository/repository.ts";
import { encodeUuid } from "../repository/sql-codec.ts";
import type { ButlerState } from "./butler-state.ts";

/**
 * Removes datasets' files, and with `purge` the datasets. First the rows move to the trash in one transaction; then
 * files that no live row shares are deleted; then the records and the trash. What a crash leaves in the trash is finished
 * by the next call.
 */
export async function pruneDatasets(
  state: ButlerState,
  ids: readonly string[],
  options: { readonly purge: boolean },
): Promise<void> {
  const { db } = state.repository;
  const names = joinSql(state.chain.map((link) => link.state.repository.datastoreName));
  const encoded = ids.map((id) => encodeUuid(db.dialect, id));
  await db.transaction(async () => {
    for (const piece of chunks(encoded)) {
      const list = joinSql(piece);
      await db.run(
        sql`INSERT INTO dataset_location_trash (dataset_id, datastore_name)
            SELECT dataset_id, datastore_name FROM dataset_location
            WHERE datastore_name IN (${names}) AND dataset_id IN (${list}) ON CONFLICT DO NOTHING`,
      );
      await db.run(
        sql`DELETE FROM dataset_location WHERE datastore_name IN (${names}) AND dataset_id IN (${list})`,
      );
      if (options.purge) await db.run(sql`DELETE FROM dataset WHERE id IN (${list})`);
    }
  });
  for (const { values } of state.memory) for (const id of ids) values.delete(id);
  await emptyTrash(state);
}

/** Deletes the files of trashed datasets in every datastore, then their records. */
export async function emptyTrash(state: ButlerState): Promise<void> {
  for (const link of state.chain) await emptyTrashOf(link.state.repository);
}

async function emptyTrashOf(repository: Repository): Promise<void> {
  const { db, datastoreName } = repository;
  const trash = await db.rows(
    sql`SELECT dataset_id FROM dataset_location_trash WHERE datastore_name = ${datastoreName}`,
  );
  for (const piece of chunks(trash.map(([id]) => id as string))) {
    const files = (await findFiles(repository, piece)).values();
    const paths = [...new Set([...files].flat().map((record) => archiveOf(record.path)))];
    // Files ingested in place by absolute path ("direct") belong to somebody else and stay.
    for (const path of paths.filter((item) => !isAbsoluteUri(item))) {
      const [shared] = await db.rows(
        sql`SELECT 1 FROM ${identifier(repository.fileTable)} f JOIN dataset_location l ON l.dataset_id = f.dataset_id
            AND l.datastore_name = ${datastoreName} WHERE (f.path = ${path} OR (f.path > ${`${path}#`} AND f.path < ${`${path}$`})) LIMIT 1`,
      );
      if (shared === undefined) await removeStored(locationOf(repository.root, path));
    }
    await db.transaction(async () => {
      const list = joinSql(piece);
      await db.run(sql`DELETE FROM ${identifier(repository.fileTable)} WHERE dataset_id IN (${list})`);
      await db.run(
        sql`DELETE FROM dataset_location_trash WHERE datastore_name = ${datastoreName} AND dataset_id IN (${list})`,
      );
    });
  }
}
