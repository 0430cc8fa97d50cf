import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { openSqlite } from "@almagest/database";
import { toLocalPath, writeDurably } from "@almagest/resources";
import { createUniverse } from "./dimensions/universe.ts";
import { UNIVERSE_8 } from "./dimensions/universe-8.ts";
import type { UniverseConfig } from "./dimensions/universe-config.ts";
import { newAttributes } from "./repository/attributes.ts";
import { newButlerYaml, readButlerConfig } from "./repository/butler-config.ts";
import { createTable } from "./schema/create-table.ts";
import { fileRecordsTable, staticTables } from "./schema/static-tables.ts";

/**
 * Makes an empty repository: the database, then `butler.yaml`, so that a folder with that file is complete. What an
 * interrupted attempt left behind is replaced. Throws `BUTLER.REPOSITORY_EXISTS`.
 */
export async function createRepository(
  root: string,
  options: { readonly universe?: UniverseConfig; readonly database?: string } = {},
): Promise<void> {
  const folder = toLocalPath(root);
  const yamlPath = join(folder, "butler.yaml");
  const universe = options.universe ?? UNIVERSE_8;
  await mkdir(folder, { recursive: true });
  const text = newButlerYaml(options.database);
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
    await makeDatabase(config.database, universe);
    await writeDurably(yamlPath, (path) => writeFile(path, text));
  } finally {
    await rm(draft, { force: true });
  }
}

async function makeDatabase(path: string, universeConfig: UniverseConfig): Promise<void> {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(path + suffix, { force: true });
  const universe = createUniverse(universeConfig);
  await using db = await openSqlite(path, { mustExist: false });
  await db.transaction(async () => {
    const files = fileRecordsTable("file_datastore_records");
    await createTable(db, ...staticTables(universe), files);
    await db.insertMany("opaque_meta", ["table_name"], [[files.name]]);
    await db.insertMany("butler_attributes", ["name", "value"], newAttributes(universeConfig));
  });
}
