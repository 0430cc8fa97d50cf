import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type Database, identifier, isOnLocalFileSystem, sql } from "@almagest/database";
import { isRemoteUri, storeFor, toLocalPath } from "@almagest/resources";
import { createUniverse } from "./dimensions/universe.ts";
import { UNIVERSE_8 } from "./dimensions/universe-8.ts";
import type { UniverseConfig } from "./dimensions/universe-config.ts";
import { newAttributes } from "./repository/attributes.ts";
import { type ButlerConfig, parseButlerConfig } from "./repository/butler-config.ts";
import { type ConfigTree, newButlerYaml } from "./repository/new-butler-yaml.ts";
import { isServer, openRegistry } from "./repository/open-registry.ts";
import { createTable } from "./schema/create-table.ts";
import { fileRecordsTable, staticTables } from "./schema/static-tables.ts";

/** How SQLite writes safely: a write-ahead log (one sync per commit, readers and a writer at once), which needs a local file
 * system; a rollback journal, which works everywhere; `auto` takes the log where the file system is known to be local. */
export type Journal = "auto" | "wal" | "rollback";

/** How to make a repository. */
export interface CreateOptions {
  /** The dimensions; universe 8 unless given. */
  readonly universe?: UniverseConfig;
  /** URL of the registry's database: `postgresql://host/name`; an SQLite file in the folder unless given. */
  readonly database?: string;
  /** Schema in that database. */
  readonly namespace?: string;
  /** Entries of `butler.yaml` besides, or instead of, the usual ones. */
  readonly seed?: ConfigTree;
  readonly journal?: Journal;
}

function seedOf({ seed = {}, database, namespace }: CreateOptions): ConfigTree {
  const registry = {
    ...(seed.registry as object | undefined),
    ...(database === undefined ? {} : { db: database }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { ...seed, registry };
}

/**
 * Makes an empty repository: the database, then `butler.yaml`, so that a folder with that file is complete. What an
 * interrupted attempt left behind is replaced. Throws `BUTLER.REPOSITORY_EXISTS`.
 */
export async function createRepository(root: string, options: CreateOptions = {}): Promise<void> {
  const folder = isRemoteUri(root) ? root.replace(/\/+$/, "") : toLocalPath(root);
  const yamlPath = `${folder}/butler.yaml`;
  const universe = options.universe ?? UNIVERSE_8;
  const text = newButlerYaml(seedOf(options));
  const store = await storeFor(yamlPath);
  if ((await store.info(yamlPath)) !== undefined) {
    throw new AlmagestError("BUTLER.REPOSITORY_EXISTS", `A repository exists at ${folder}.`, {
      fields: { root: folder },
    });
  }
  const config = parseButlerConfig(text, yamlPath);
  if (!isServer(config.database)) await mkdir(dirname(config.database), { recursive: true });
  await makeDatabase(config, universe, options.journal ?? "auto");
  await store.write(yamlPath, Buffer.from(text));
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

/** A write-ahead log needs memory shared by all who have the file open, which network file systems do not give. */
async function chooseJournal(path: string, journal: Journal): Promise<"wal" | "rollback"> {
  if (journal !== "auto") return journal;
  return !isServer(path) && (await isOnLocalFileSystem(dirname(path))) ? "wal" : "rollback";
}

async function makeDatabase(
  config: ButlerConfig,
  universeConfig: UniverseConfig,
  journal: Journal,
): Promise<void> {
  const path = config.database;
  if (!isServer(path)) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(path + suffix, { force: true });
  }
  const universe = createUniverse(universeConfig);
  await using db = await openRegistry(config, {
    mustExist: false,
    journal: await chooseJournal(path, journal),
  });
  if (isServer(path) && !(await prepareServer(db, config))) return;
  await db.transaction(async () => {
    const stores = config.datastores.filter((store) => store.kind === "file");
    const files = stores.map(({ fileTable }) => fileRecordsTable(fileTable));
    await createTable(db, ...staticTables(universe), ...files);
    await db.insertMany(
      "opaque_meta",
      ["table_name"],
      files.map(({ name }) => [name]),
    );
    await db.insertMany("butler_attributes", ["name", "value"], newAttributes(universeConfig));
  });
}
