import { AlmagestError } from "@almagest/base";
import { identifier, rawSql, sql } from "@almagest/database";
import { createUniverse } from "../dimensions/universe.ts";
import { elementTables } from "../schema/element-tables.ts";
import { indexesPostgres } from "../schema/postgres-ddl.ts";
import { createTableSqlite } from "../schema/sqlite-ddl.ts";
import { staticTables } from "../schema/static-tables.ts";
import { changeTable } from "./change-table.ts";
import { MIGRATE_INGEST_DATE } from "./ingest-date.ts";
import type { Migration, MigrationContext } from "./migration.ts";
import { readUniverseConfig } from "./schema-version.ts";

const DIMENSIONS = "StaticDimensionRecordStorageManager";

async function addOverlapIndexes({ db }: MigrationContext): Promise<void> {
  const universe = createUniverse(await readUniverseConfig(db));
  for (const spec of elementTables(universe).filter(({ name }) => name.endsWith("_skypix_overlap"))) {
    const statements =
      db.dialect === "sqlite"
        ? createTableSqlite(spec)
            .slice(1)
            .map((text) => text.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS"))
        : indexesPostgres(spec);
    for (const statement of statements) await db.run(rawSql(statement));
  }
}

async function requireImplied(context: MigrationContext): Promise<void> {
  const { db, options } = context;
  const universe = createUniverse(await readUniverseConfig(db));
  const filter = options.null_filter_value;
  if (filter !== undefined)
    await db.run(sql`UPDATE visit SET physical_filter = ${filter} WHERE physical_filter IS NULL`);
  for (const element of universe.elements.values()) {
    if (!element.hasTable || element.implied.length === 0) continue;
    for (const implied of element.implied) {
      const [row] = await db.rows(
        sql`SELECT count(*) FROM ${identifier(element.name)} WHERE ${identifier(implied)} IS NULL`,
      );
      if (Number(row![0]) === 0) continue;
      throw new AlmagestError(
        "BUTLER.MIGRATION_REFUSED",
        `${row![0]} rows of '${element.name}' have no ${implied}. Give them one (for visits: --options null_filter_value=NAME), then migrate again.`,
        { fields: { element: element.name, implied } },
      );
    }
    const spec = elementTables(universe).find(({ name }) => name === element.name)!;
    if (db.dialect === "sqlite") await changeTable(db, spec);
    else
      for (const implied of element.implied)
        await db.run(
          sql`ALTER TABLE ${identifier(element.name)} ALTER COLUMN ${identifier(implied)} SET NOT NULL`,
        );
  }
}

async function turnTrashKey({ db }: MigrationContext): Promise<void> {
  const spec = staticTables(createUniverse(await readUniverseConfig(db))).find(
    ({ name }) => name === "dataset_location_trash",
  )!;
  if (db.dialect === "postgresql") {
    const [row] = await db.rows(
      sql`SELECT conname::text FROM pg_constraint WHERE conrelid = 'dataset_location_trash'::regclass AND contype = 'p'`,
    );
    if (row !== undefined)
      await db.run(sql`ALTER TABLE dataset_location_trash DROP CONSTRAINT ${identifier(row[0] as string)}`);
  }
  await changeTable(db, spec);
}

/** Steps of the managers, whose versions `butler_attributes` tells. */
export const MANAGER_MIGRATIONS: readonly Migration[] = [
  {
    tree: "attributes",
    className: "DefaultButlerAttributeManager",
    from: "1.0.0",
    to: "1.0.1",
    summary: "Digests of the schema are no longer kept.",
    run: async ({ db }) => {
      await db.run(sql`DELETE FROM butler_attributes WHERE name LIKE ${"schema_digest:%"}`);
    },
  },
  {
    tree: "datastores",
    className: "MonolithicDatastoreRegistryBridgeManager",
    from: "0.2.0",
    to: "0.2.1",
    summary: "The key of the trash begins with the dataset.",
    run: turnTrashKey,
  },
  MIGRATE_INGEST_DATE,
  {
    tree: "dimensions",
    className: DIMENSIONS,
    from: "6.0.0",
    to: "6.0.1",
    summary: "Overlaps of regions with pixels can be looked up by pixel.",
    run: addOverlapIndexes,
  },
  {
    tree: "dimensions",
    className: DIMENSIONS,
    from: "6.0.1",
    to: "6.0.2",
    summary: "Implied dimensions must have values (null_filter_value: option, for visits without a filter).",
    run: requireImplied,
  },
];
