import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type Database, identifier, sql } from "@almagest/database";
import { toLocalPath, writeDurably } from "@almagest/resources";
import { createUniverse } from "./dimensions/universe.ts";
import { UNIVERSE_8 } from "./dimensions/universe-8.ts";
import type { UniverseConfig } from "./dimensions/universe-config.ts";
import { newAttributes } from "./repository/attributes.ts";
import { type ButlerConfig, newButlerYaml, readButlerConfig } from "./repository/butler-config.ts";
import { isServer, openRegistry } from "./repository/open-registry.ts";
import { createTable } from "./schema/create-table.ts";
import { fileRecordsTable, staticTables } from "./schema/static-tables.ts";

/**
 * Makes an empty repository: the database, then `butler.yaml`, so that a folder with that file is complete. What an
 * interrupted attempt left behind is replaced. Throws `BUTLER.REPOSITORY_EXISTS`.
 */
export async function createRepository(
  root: string,
  options: {
    readonly universe?: UniverseConfig;
    readonly database?: string;
    readonly namespace?: string;
  } = {},
): Promise<void> {
  const folder = toLocalPath(root);
  const yamlPath = join(folder, "butler.yaml");
  const universe = options.universe ?? UNIVERSE_8;
  await mkdir(folder, { recursive: true });
  const text = newButlerYaml(options.database, options.namespace);
  const draft = join(folder, ".butler-new.yaml");
  await writeFile(draft, text);
  try {
    const exists = await readButlerConfig(folder).then(
      () => true,
      () => false,
    );
    if (exists) {
      throw new AlmagestError("BUTLER.REPOSITORY_EXISTS", `A repository exists at ${folder}.`, {
        fields: { root: folder },
      });
    }
    const config = await readButlerConfig(draft);
    await makeDatabase(config, universe);
    await writeDurably(yamlPath, (path) => writeFile(path, text));
  } finally {
    await rm(draft, { force: true });
  }
}

/** True when the database holds a repository in which nothing was ever written: what an interrupted attempt leaves. */
async function isUnused(db: Database): Promise<boolean> {
  const [row] = await db.rows(
    sql`SELECT (SELECT count(*) FROM collection) + (SELECT count(*) FROM dataset_type) + (SELECT count(*) FROM instrument)`,
  );
  return Number(row![0]) === 0;
}

/** Whether a server's database still needs its tables. Throws `BUTLER.REPOSITORY_EXISTS`. */
async function prepareServer(db: Database, config: ButlerConfig): Promise<boolean> {
  const { namespace } = config;
  if (namespace !== undefined) await db.run(sql`CREATE SCHEMA IF NOT EXISTS ${identifier(namespace)}`);
  // The original opens no database without it.
  await db.script("CREATE EXTENSION IF NOT EXISTS btree_gist");
  if ((await db.columnNames("butler_attributes")) === undefined) return true;
  if (await isUnused(db)) return false;
  throw new AlmagestError(
    "BUTLER.REPOSITORY_EXISTS",
    `The database already holds a repository that is in use; take another one, or another schema (registry.namespace).`,
    { fields: { namespace } },
  );
}

async function makeDatabase(config: ButlerConfig, universeConfig: UniverseConfig): Promise<void> {
  const path = config.database;
  if (!isServer(path)) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(path + suffix, { force: true });
  }
  const universe = createUniverse(universeConfig);
  await using db = await openRegistry(config, { mustExist: false });
  if (isServer(path) && !(await prepareServer(db, config))) return;
  await db.transaction(async () => {
    const files = fileRecordsTable("file_datastore_records");
    await createTable(db, ...staticTables(universe), files);
    await db.insertMany("opaque_meta", ["table_name"], [[files.name]]);
    await db.insertMany("butler_attributes", ["name", "value"], newAttributes(universeConfig));
  });
}
