import { AlmagestError, isAlmagestError } from "@almagest/base";
import { identifier, joinSql, type SqlValue, sql } from "@almagest/database";
import type { CollectionRow, CollectionStore } from "../collections/collection-store.ts";
import { explainLater } from "../repository/explained-failure.ts";
import type { Repository } from "../repository/repository.ts";
import { decodeUuid, encodeUuid, nowTaiNs } from "../repository/sql-codec.ts";
import type { DataId, DataIdValue, DatasetRef } from "../types.ts";
import type { DatasetTypeRow, DatasetTypeStore } from "./dataset-type-store.ts";

/** One dataset to be registered: its id and its required dimension values in order. */
export interface NewDataset {
  readonly id: string;
  readonly dataId: DataId;
}

/** Registers datasets and finds them by id. */
export interface DatasetStore {
  /** Registers datasets of one type in one run (within a transaction). Throws `BUTLER.DATASET_CONFLICT`,
   * `BUTLER.RECORD_MISSING`. */
  insert(type: DatasetTypeRow, run: CollectionRow, datasets: readonly NewDataset[]): Promise<void>;
  /** Which of these ids are registered. */
  present(ids: readonly string[]): Promise<ReadonlySet<string>>;
  getByIds(ids: readonly string[]): Promise<DatasetRef[]>;
  /** Adds what a collection now holds to its summaries; must come before association rows. */
  summarize(collectionId: number, type: DatasetTypeRow, dataIds: readonly DataId[]): Promise<void>;
  /** Ids of datasets that occupy these data ids in a collection, parallel to `dataIds`. */
  occupants(
    type: DatasetTypeRow,
    collection: CollectionRow,
    dataIds: readonly DataId[],
  ): Promise<(string | undefined)[]>;
  /** Forget what was read. */
  invalidate(): void;
}

const CHUNK = 500;

/** Splits a list into pieces of at most `size`. */
export function chunks<T>(list: readonly T[], size = CHUNK): (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  for (let start = 0; start < list.length; start += size) pieces.push(list.slice(start, start + size));
  return pieces;
}

/** The data id in columns `from` onwards of a row, in the order of the required dimensions. */
export function dataIdOfRow(required: readonly string[], row: readonly SqlValue[], from: number): DataId {
  const dataId: Record<string, DataIdValue> = {};
  for (let i = 0; i < required.length; i++) {
    const value = row[from + i]!;
    dataId[required[i]!] = typeof value === "bigint" ? Number(value) : (value as DataIdValue);
  }
  return dataId;
}

/** The store of datasets of a repository. */
export function createDatasetStore(
  repository: Repository,
  types: DatasetTypeStore,
  collections: CollectionStore,
): DatasetStore {
  const { db, universe } = repository;
  const summarized = new Set<string>();

  async function explain(
    type: DatasetTypeRow,
    run: CollectionRow,
    datasets: readonly NewDataset[],
    cause: unknown,
  ): Promise<unknown> {
    if (!isAlmagestError(cause, "DATABASE.CONSTRAINT")) return cause;
    const occupants = await store.occupants(
      type,
      run,
      datasets.map((dataset) => dataset.dataId),
    );
    const index = occupants.findIndex((id, i) => id !== undefined && id !== datasets[i]!.id);
    if (index >= 0)
      return datasetConflict(type.type.name, run.name, datasets[index]!.dataId, occupants[index]!, cause);
    const seen = new Map<string, string>();
    for (const { id, dataId } of datasets) {
      const key = universe.dataIdKey(dataId, type.group);
      const other = seen.get(key);
      if (other !== undefined) return datasetConflict(type.type.name, run.name, dataId, other, cause);
      seen.set(key, id);
    }
    const known = await store.present(datasets.map((dataset) => dataset.id));
    const repeated = datasets.find((dataset) => known.has(dataset.id));
    if (repeated !== undefined) {
      return new AlmagestError(
        "BUTLER.DATASET_CONFLICT",
        `A dataset with id ${repeated.id} exists already.`,
        {
          cause,
          fields: { id: repeated.id },
        },
      );
    }
    return new AlmagestError(
      "BUTLER.RECORD_MISSING",
      `A data id of '${type.type.name}' names a dimension record that is not in the repository (${(cause as Error).message})`,
      { cause, fields: { datasetType: type.type.name, run: run.name } },
    );
  }

  const store: DatasetStore = {
    insert: async (type, run, given) => {
      if (given.length === 0) return;
      // Ids are made in the order of time and data id: an index that grows at its end is several times faster.
      const datasets = given.length < 1000 ? given : given.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const now = nowTaiNs(repository.clock);
      const required = type.group.required;
      const ids = datasets.map((dataset) => encodeUuid(db.dialect, dataset.id));
      try {
        // Begun at once, done in this order: a server is asked without waiting for each answer.
        await Promise.all([
          db.insertMany(
            "dataset",
            ["id", "dataset_type_id", "ingest_date", "run_id"],
            ids.map((id) => [id, type.id, now, run.id]),
          ),
          store.summarize(
            run.id,
            type,
            datasets.map((dataset) => dataset.dataId),
          ),
          db.insertMany(
            type.tagsTable,
            ["dataset_type_id", "dataset_id", "collection_id", ...required],
            datasets.map(({ dataId }, index) => [
              type.id,
              ids[index]!,
              run.id,
              ...required.map((name) => dataId[name]!),
            ]),
          ),
        ]);
      } catch (error) {
        explainLater(error, () => explain(type, run, datasets, error));
        throw error;
      }
    },

    summarize: async (collectionId, type, dataIds) => {
      const once = async (tableName: string, columnName: string, value: SqlValue): Promise<void> => {
        // A summary is never shrunk, so one seen committed needs no second look; inside an open transaction of ours it
        // may still roll back, which is why only rows found present are remembered.
        const key = `${tableName}\u0001${collectionId}\u0001${String(value)}`;
        if (summarized.has(key)) return;
        const changes = await db.insertMany(
          tableName,
          ["collection_id", columnName],
          [[collectionId, value]],
          {
            onConflict: "ignore",
          },
        );
        if (changes === 0) summarized.add(key);
      };
      const begun = [once("collection_summary_dataset_type", "dataset_type_id", type.id)];
      for (const governor of type.group.governors) {
        for (const value of new Set(dataIds.map((dataId) => dataId[governor]!))) {
          begun.push(once(`collection_summary_${governor}`, governor, value));
        }
      }
      await Promise.all(begun);
    },

    present: async (ids) => {
      const found = new Set<string>();
      for (const piece of chunks(ids)) {
        const rows = await db.rows(
          sql`SELECT id FROM dataset WHERE id IN (${joinSql(piece.map((id) => encodeUuid(db.dialect, id)))})`,
        );
        for (const [id] of rows) found.add(decodeUuid(id as string));
      }
      return found;
    },

    getByIds: async (ids) => {
      const typeIds = new Map<number, string[]>();
      for (const piece of chunks(ids)) {
        const rows = await db.rows(
          sql`SELECT id, dataset_type_id FROM dataset WHERE id IN (${joinSql(piece.map((id) => encodeUuid(db.dialect, id)))})`,
        );
        for (const [id, typeId] of rows) {
          const list = typeIds.get(Number(typeId)) ?? [];
          list.push(id as string);
          typeIds.set(Number(typeId), list);
        }
      }
      const found = new Map<string, DatasetRef>();
      for (const [typeId, members] of typeIds) {
        const type = await types.getById(typeId);
        const columns = joinSql([
          identifier("d", "id"),
          identifier("d", "run_id"),
          ...type.group.required.map((name) => identifier("t", name)),
        ]);
        for (const piece of chunks(members)) {
          const rows = await db.rows(
            sql`SELECT ${columns}
                FROM dataset d JOIN ${identifier(type.tagsTable)} t ON t.dataset_id = d.id AND t.collection_id = d.run_id
                WHERE d.id IN (${joinSql(piece)})`,
          );
          const runs = await collections.getByIds(rows.map((row) => Number(row[1])));
          for (const row of rows) {
            const id = decodeUuid(row[0] as string);
            found.set(id, {
              id,
              datasetType: type.type,
              dataId: dataIdOfRow(type.group.required, row, 2),
              run: runs.get(Number(row[1]))!.name,
            });
          }
        }
      }
      return ids.flatMap((id) => found.get(id.toLowerCase()) ?? []);
    },

    occupants: async (type, collection, dataIds) => {
      const required = type.group.required;
      const byKey = new Map<string, string>();
      for (const piece of chunks(dataIds, 200)) {
        const where =
          required.length === 0
            ? sql``
            : sql` AND (${joinSql(required.map((name) => identifier(name)))}) IN (VALUES ${joinSql(
                piece.map((dataId) => sql`(${joinSql(required.map((name) => dataId[name]!))})`),
              )})`;
        const columns = joinSql(["dataset_id", ...required].map((name) => identifier(name)));
        const rows = await db.rows(
          sql`SELECT ${columns} FROM ${identifier(type.tagsTable)}
              WHERE dataset_type_id = ${type.id} AND collection_id = ${collection.id}${where}`,
        );
        for (const row of rows) {
          byKey.set(
            universe.dataIdKey(dataIdOfRow(required, row, 1), type.group),
            decodeUuid(row[0] as string),
          );
        }
      }
      return dataIds.map((dataId) => byKey.get(universe.dataIdKey(dataId, type.group)));
    },

    invalidate: () => summarized.clear(),
  };
  return store;
}

/** The refusal of a second dataset for one run, type and data id. */
export function datasetConflict(
  type: string,
  run: string,
  dataId: DataId,
  existing: string,
  cause?: unknown,
): AlmagestError {
  const text = Object.entries(dataId)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
  return new AlmagestError(
    "BUTLER.DATASET_CONFLICT",
    `The run '${run}' already holds a '${type}' for {${text}} (id ${existing}); write to a new run, or prune that dataset first.`,
    { ...(cause === undefined ? {} : { cause }), fields: { datasetType: type, run, dataId, existing } },
  );
}
