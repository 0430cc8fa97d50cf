import { AlmagestError } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import type { UniverseConfig } from "../dimensions/universe-config.ts";
import { revisionOf } from "./revision.ts";

/** The version of one part of a repository's schema. */
export interface SchemaVersion {
  readonly tree: string;
  /** Class of the manager, with its module; the namespace for dimension configurations. */
  readonly className: string;
  readonly version: string;
  /** As `daf_butler_migrate` knows it. */
  readonly revision: string;
}

const MANAGER = "config:registry.managers.";

/** The stored configuration of the dimensions. Throws `BUTLER.REPOSITORY_INVALID`. */
export async function readUniverseConfig(db: Database): Promise<UniverseConfig> {
  const [row] = await db.rows(sql`SELECT value FROM butler_attributes WHERE name = 'config:dimensions.json'`);
  if (row === undefined) {
    throw new AlmagestError("BUTLER.REPOSITORY_INVALID", "The database holds no dimension configuration.");
  }
  return JSON.parse(row[0] as string) as UniverseConfig;
}

/** Versions of all parts of a repository's schema, by name; a configuration without a namespace is that of `daf_butler`. */
export async function readSchemaVersions(db: Database): Promise<SchemaVersion[]> {
  if ((await db.columnNames("butler_attributes")) === undefined) {
    throw new AlmagestError("BUTLER.REPOSITORY_INVALID", "The database is not that of a Butler repository.");
  }
  const rows = (await db.rows(sql`SELECT name, value FROM butler_attributes`)) as [string, string][];
  const attributes = new Map(rows);
  const versions = rows.flatMap(([name, className]) => {
    const version = name.startsWith(MANAGER) ? attributes.get(`version:${className}`) : undefined;
    return version === undefined ? [] : [{ tree: name.slice(MANAGER.length), className, version }];
  });
  const { namespace = "daf_butler", version } = await readUniverseConfig(db);
  versions.push({ tree: "dimensions-config", className: namespace, version: `${version}` });
  return versions
    .map((item) => ({ ...item, revision: revisionOf(item.tree, item.className, item.version) }))
    .sort((a, b) => (a.tree < b.tree ? -1 : 1));
}

/** Stores the version of a manager. */
export async function writeManagerVersion(db: Database, className: string, version: string): Promise<void> {
  await db.run(sql`UPDATE butler_attributes SET value = ${version} WHERE name = ${`version:${className}`}`);
}
