import { type Clock, systemClock } from "@almagest/base";
import { type Database, isOnLocalFileSystem, sql } from "@almagest/database";
import { isRemoteUri, toLocalPath } from "@almagest/resources";
import type { Butler } from "./butler.ts";
import { createFileCache } from "./datastore/file-cache.ts";
import { createUniverse } from "./dimensions/universe.ts";
import { createButlerState } from "./direct/butler-state.ts";
import { createDirectButler } from "./direct/direct-butler.ts";
import { createFormatterRegistry, type FormatterRegistry } from "./formatter-registry.ts";
import { defineOverlapFunction } from "./query/spatial-join.ts";
import { readAttributes } from "./repository/attributes.ts";
import { readButlerConfig } from "./repository/butler-config.ts";
import { openRegistry } from "./repository/open-registry.ts";
import { createTable } from "./schema/create-table.ts";
import { fileRecordsTable } from "./schema/static-tables.ts";
import { configureFormatters } from "./storage-classes/configured-formatters.ts";

/** How to open a repository. */
export interface OpenOptions {
  /** The built-in formatters unless given. */
  readonly formatters?: FormatterRegistry;
  /** Collections searched when a call names none; the run, if one is given, unless told. */
  readonly collections?: string | readonly string[];
  /** Run written to when a call names none; made if absent. */
  readonly run?: string;
  /** Refuse every write. */
  readonly readOnly?: boolean;
  /** The time, for tests. */
  readonly clock?: Clock;
}

async function addFileTable(db: Database, name: string): Promise<void> {
  if ((await db.columnNames(name)) !== undefined) return;
  await db.transaction(async () => {
    await createTable(db, fileRecordsTable(name));
    await db.run(sql`INSERT INTO opaque_meta (table_name) VALUES (${name}) ON CONFLICT DO NOTHING`);
  });
}

/**
 * Opens the repository whose `butler.yaml` is in this folder, or below this URI (`s3://…`, `gs://…`, `https://…`). Throws `BUTLER.REPOSITORY_MISSING`,
 * `BUTLER.REPOSITORY_INVALID`, `BUTLER.REPOSITORY_VERSION`, `BUTLER.CREDENTIALS_INVALID`, `DATABASE.OPEN`.
 */
export async function openButler(root: string, options: OpenOptions = {}): Promise<Butler> {
  const config = await readButlerConfig(root);
  const { formatters = createFormatterRegistry(), clock = systemClock, readOnly = false, run } = options;
  const db = await openRegistry(config, { readOnly });
  try {
    const attributes = await readAttributes(db);
    defineOverlapFunction(db);
    const repository = {
      root: config.datastoreRoot,
      db,
      universe: createUniverse(attributes.universe),
      clock,
      readOnly: readOnly || !attributes.writeable,
      localDisk:
        !readOnly &&
        !isRemoteUri(config.datastoreRoot) &&
        (await isOnLocalFileSystem(toLocalPath(config.datastoreRoot)).catch(() => false)),
      datastoreName: config.datastoreName,
      fileTable: config.fileTable,
    };
    for (const store of config.datastores) {
      if (store.kind === "file" && !repository.readOnly) await addFileTable(db, store.fileTable);
    }
    const given = options.collections ?? run ?? [];
    const butler = createDirectButler(
      createButlerState(repository, {
        formatters: configureFormatters(formatters, config.formatters, config.storageClasses),
        composites: config.composites,
        templates: config.templates,
        checksum: config.checksum,
        cache: createFileCache(config.cache),
        datastores: config.datastores,
        defaultCollections: typeof given === "string" ? [given] : given,
        defaultRun: run,
        storageClasses: config.storageClasses,
      }),
    );
    if (run !== undefined && !repository.readOnly) await butler.registerRun(run);
    return butler;
  } catch (error) {
    await db.close();
    throw error;
  }
}
