import { AlmagestError } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import { readButlerConfig } from "../repository/butler-config.ts";
import { openRegistry } from "../repository/open-registry.ts";
import { MANAGER_MIGRATIONS } from "./manager-steps.ts";
import { type Migration, type MigrationContext, TREES } from "./migration.ts";
import { revisionOf } from "./revision.ts";
import {
  readSchemaVersions,
  readUniverseConfig,
  type SchemaVersion,
  writeManagerVersion,
} from "./schema-version.ts";
import { NEWEST_UNIVERSE, nextUniverse } from "./universe-config-steps.ts";
import { changeUniverseTables, universeSummary } from "./universe-tables.ts";

function universeMigration(from: number): Migration {
  return {
    tree: "dimensions-config",
    className: "daf_butler",
    from: `${from}`,
    to: `${from + 1}`,
    summary: universeSummary(from),
    run: async (context) => {
      const next = nextUniverse(await readUniverseConfig(context.db));
      await changeUniverseTables(context, next);
      await context.db.run(
        sql`UPDATE butler_attributes SET value = ${JSON.stringify(next)} WHERE name = 'config:dimensions.json'`,
      );
    },
  };
}

/** Every migration that is known, numbered by its place: trees in their order, versions upwards. */
export const MIGRATIONS: readonly Migration[] = [
  ...MANAGER_MIGRATIONS,
  ...Array.from({ length: NEWEST_UNIVERSE }, (_, from) => universeMigration(from)),
].sort((a, b) => TREES.indexOf(a.tree) - TREES.indexOf(b.tree));

/** The revision that a migration leads to, as `daf_butler_migrate` knows it. */
export function targetRevision({ tree, className, to }: Migration): string {
  return revisionOf(tree, className, to);
}

const shortName = (className: string): string => className.split(".").at(-1)!;

/** The migrations that lead from some versions to the newest, or only those up to one revision of one tree. Throws
 * `BUTLER.MIGRATION_UNKNOWN`. */
export function planMigrations(versions: readonly SchemaVersion[], revision?: string): Migration[] {
  const planned = TREES.flatMap((tree) => {
    const current = versions.find((item) => item.tree === tree);
    let at = current?.version;
    return MIGRATIONS.filter((step) => {
      const fits = step.tree === tree && step.from === at && step.className === shortName(current!.className);
      if (fits) at = step.to;
      return fits;
    });
  });
  if (revision === undefined || revision === "heads") return planned;
  if (versions.some((item) => item.revision === revision)) return [];
  const target = planned.find((step) => targetRevision(step) === revision);
  if (target === undefined) {
    throw new AlmagestError(
      "BUTLER.MIGRATION_UNKNOWN",
      `No known migrations lead from what the repository has to revision '${revision}'; see 'migrate show-history' and 'show-current --butler'.`,
      { fields: { revision } },
    );
  }
  return planned.slice(0, planned.indexOf(target) + 1).filter(({ tree }) => tree === target.tree);
}

/** The database of a repository of any version, to look at or to migrate. */
export async function openForMigration(
  root: string,
  options: { readonly readOnly: boolean },
): Promise<Database> {
  return openRegistry(await readButlerConfig(root), options);
}

/** Keeps the table by which `daf_butler_migrate` knows revisions up to date, where there is one. */
async function stampRevision(db: Database, step: Migration): Promise<void> {
  if ((await db.columnNames("alembic_version")) === undefined) return;
  const before = revisionOf(step.tree, step.className, step.from);
  await db.run(
    sql`UPDATE alembic_version SET version_num = ${targetRevision(step)} WHERE version_num = ${before}`,
  );
}

/**
 * Runs one migration: what can be prepared while others work, then the step and its new version in one transaction. Killed
 * at any moment, the repository is of the old version or of the new one; running it again continues. Throws
 * `BUTLER.MIGRATION_REFUSED`.
 */
export async function runMigration(step: Migration, context: MigrationContext): Promise<void> {
  const { db } = context;
  await step.prepare?.(context);
  // References lead to tables that are being replaced: SQLite would follow or refuse them.
  if (db.dialect === "sqlite") await db.script("PRAGMA foreign_keys = OFF");
  try {
    await db.transaction(async () => {
      const current = (await readSchemaVersions(db)).find(({ tree }) => tree === step.tree);
      // Somebody else's migration came first.
      if (current?.version !== step.from) return;
      await step.run(context);
      if (step.tree !== "dimensions-config") await writeManagerVersion(db, current.className, step.to);
      await stampRevision(db, step);
      if (db.dialect === "sqlite") await checkReferences(db);
    });
  } finally {
    if (db.dialect === "sqlite") await db.script("PRAGMA foreign_keys = ON");
  }
}

async function checkReferences(db: Database): Promise<void> {
  const [broken] = await db.rows(sql`PRAGMA foreign_key_check`);
  if (broken === undefined) return;
  throw new AlmagestError(
    "BUTLER.MIGRATION_REFUSED",
    `A row of '${broken[0]}' refers to a row of '${broken[2]}' that is not there. Mend it, then migrate again; nothing was changed.`,
    { fields: { table: broken[0], target: broken[2] } },
  );
}
