import { type Database, openPostgres, openSqlite, type SqliteOptions } from "@almagest/database";
import type { ButlerConfig } from "./butler-config.ts";
import { findCredentials } from "./database-credentials.ts";

/** True when a registry's location is a server, not a file. */
export function isServer(database: string): boolean {
  return database.startsWith("postgresql:");
}

/** Opens the database of a repository: an SQLite file, or a PostgreSQL server with the user's credentials. Throws
 * `DATABASE.OPEN`, `DATABASE.CORRUPT`, `BUTLER.CREDENTIALS_INVALID`. */
export async function openRegistry(
  config: Pick<ButlerConfig, "database" | "namespace">,
  options: Pick<SqliteOptions, "readOnly" | "mustExist" | "journal"> = {},
): Promise<Database> {
  const { database, namespace } = config;
  if (!isServer(database)) return openSqlite(database, options);
  const credentials = await findCredentials(database);
  const url = new URL(database);
  if (credentials !== undefined) {
    if (credentials.user !== undefined) url.username = encodeURIComponent(credentials.user);
    url.password = encodeURIComponent(credentials.password);
  }
  return openPostgres(url.href, {
    readOnly: options.readOnly ?? false,
    ...(namespace === undefined ? {} : { schema: namespace }),
  });
}
