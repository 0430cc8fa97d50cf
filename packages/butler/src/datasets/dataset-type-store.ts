import { AlmagestError } from "@almagest/base";
import { type SqlValue, sql } from "@almagest/database";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { createForeignCache } from "../dimensions/record-cache.ts";
import { checkDatasetTypeName, globToRegExp } from "../repository/name-pattern.ts";
import type { Repository } from "../repository/repository.ts";
import { calibsTable, calibsTableName, tagsTable, tagsTableName } from "../schema/association-tables.ts";
import { createTable } from "../schema/create-table.ts";
import type { DatasetType } from "../types.ts";
import { createGraphKeys } from "./graph-keys.ts";

/** A registered dataset type and where its datasets are associated with collections. */
export interface DatasetTypeRow {
  readonly id: number;
  readonly type: DatasetType;
  readonly group: DimensionGroup;
  readonly tagsTable: string;
  readonly calibsTable: string | undefined;
}

/** Reads and registers dataset types. */
export interface DatasetTypeStore {
  find(name: string): Promise<DatasetTypeRow | undefined>;
  /** Throws `BUTLER.DATASET_TYPE_MISSING`. */
  get(name: string): Promise<DatasetTypeRow>;
  getById(id: number): Promise<DatasetTypeRow>;
  list(glob?: string | readonly string[]): Promise<DatasetTypeRow[]>;
  register(type: DatasetType): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** Forget what was read. */
  invalidate(): void;
}

/** The store of dataset types of a repository. */
export function createDatasetTypeStore(repository: Repository): DatasetTypeStore {
  const { db, universe } = repository;
  const graphKeys = createGraphKeys(repository);
  const cache = createForeignCache<DatasetTypeRow>(db);
  const ids = createForeignCache<DatasetTypeRow>(db);

  async function toRow(values: readonly SqlValue[]): Promise<DatasetTypeRow> {
    const [id, name, storageClass, key, tags, calibs] = values;
    const group = await graphKeys.groupOf(Number(key));
    const row: DatasetTypeRow = {
      id: Number(id),
      type: {
        name: name as string,
        dimensions: [...group.required, ...group.implied],
        storageClass: storageClass as string,
        isCalibration: calibs !== null,
      },
      group,
      tagsTable: tags as string,
      calibsTable: (calibs as string | null) ?? undefined,
    };
    // The same definition keeps the same object, so that references can be compared and shared.
    const known = cache.get(row.type.name);
    const kept = known !== undefined && known.id === row.id ? known : row;
    cache.set(row.type.name, kept);
    ids.set(String(row.id), kept);
    return kept;
  }

  const columns = sql`id, name, storage_class, dimensions_key, tag_association_table, calibration_association_table`;

  const store: DatasetTypeStore = {
    find: async (name) => {
      await cache.refresh();
      const cached = cache.get(name);
      if (cached !== undefined) return cached;
      const [row] = await db.rows(sql`SELECT ${columns} FROM dataset_type WHERE name = ${name}`);
      return row === undefined ? undefined : toRow(row);
    },
    get: async (name) => {
      const row = await store.find(name);
      if (row === undefined) {
        throw new AlmagestError("BUTLER.DATASET_TYPE_MISSING", `There is no dataset type '${name}'.`, {
          fields: { datasetType: name },
        });
      }
      return row;
    },
    getById: async (id) => {
      const cached = ids.get(String(id));
      if (cached !== undefined) return cached;
      const [row] = await db.rows(sql`SELECT ${columns} FROM dataset_type WHERE id = ${id}`);
      return toRow(row!);
    },
    list: async (glob = "*") => {
      const patterns = (typeof glob === "string" ? [glob] : glob).map(globToRegExp);
      const rows = await db.rows(sql`SELECT ${columns} FROM dataset_type ORDER BY name`);
      const types: DatasetTypeRow[] = [];
      for (const row of rows) {
        if (patterns.some((pattern) => pattern.test(row[1] as string))) types.push(await toRow(row));
      }
      return types;
    },
    register: async (type) => {
      checkDatasetTypeName(type.name);
      const group = universe.completeGroup(type.dimensions);
      const same = (row: DatasetTypeRow): boolean =>
        row.group.key === group.key &&
        row.type.storageClass === type.storageClass &&
        row.type.isCalibration === type.isCalibration;
      const conflict = (row: DatasetTypeRow): AlmagestError =>
        new AlmagestError(
          "BUTLER.DATASET_TYPE_CONFLICT",
          `Dataset type '${type.name}' is registered as ${describe(row.type)}; it cannot also be ${describe({ ...type, dimensions: [...group.required, ...group.implied] })}.`,
          { fields: { datasetType: type.name } },
        );
      const present = await store.find(type.name);
      if (present !== undefined) {
        if (same(present)) return false;
        throw conflict(present);
      }
      return db.transaction(
        async () => {
          const raced = await store.find(type.name);
          if (raced !== undefined) {
            if (same(raced)) return false;
            throw conflict(raced);
          }
          const key = await graphKeys.keyOf(group);
          if ((await db.columnNames(tagsTableName(key))) === undefined)
            await createTable(db, tagsTable(universe, group, key));
          if (type.isCalibration && (await db.columnNames(calibsTableName(key))) === undefined)
            await createTable(db, calibsTable(universe, group, key));
          const values = sql`${type.name}, ${type.storageClass}, ${key}, ${tagsTableName(key)}, ${type.isCalibration ? calibsTableName(key) : null}`;
          await db.run(
            db.dialect === "sqlite"
              ? sql`INSERT INTO dataset_type (name, storage_class, dimensions_key, tag_association_table, calibration_association_table) VALUES (${values})`
              : sql`INSERT INTO dataset_type (id, name, storage_class, dimensions_key, tag_association_table, calibration_association_table) VALUES (nextval('dataset_type_seq_id'), ${values})`,
          );
          return true;
        },
        // Two who make the tables of one dimension group at once would otherwise collide.
        { lock: "butler schema" },
      );
    },
    remove: async (name) => {
      const row = await store.get(name);
      await db.transaction(async () => {
        const [used] = await db.rows(sql`SELECT 1 FROM dataset WHERE dataset_type_id = ${row.id} LIMIT 1`);
        if (used !== undefined) {
          throw new AlmagestError("BUTLER.DATASET_TYPE_IN_USE", `Datasets of type '${name}' exist.`, {
            fields: { datasetType: name },
          });
        }
        await db.run(sql`DELETE FROM dataset_type WHERE id = ${row.id}`);
      });
      store.invalidate();
    },
    invalidate: () => {
      cache.clear();
      ids.clear();
    },
  };
  return store;
}

function describe(type: DatasetType): string {
  return `{${type.dimensions.join(", ")}} ${type.storageClass}${type.isCalibration ? " (calibration)" : ""}`;
}
