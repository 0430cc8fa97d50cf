import { rawSql, type Sql, sql } from "@almagest/database";
import type { Migration, MigrationContext } from "./migration.ts";

/** Rows that one transaction fills: some tens of milliseconds, for which other writers wait. */
const BATCH_ROWS = 5000;

/** UTC to TAI since 2017. The original uses it too, for all dates. */
const LEAP_SEC = 37;

const toNanoseconds = ({ db }: MigrationContext, from: string): string =>
  db.dialect === "postgresql"
    ? `CAST((EXTRACT(EPOCH FROM ${from}) + ${LEAP_SEC}) * 1000000 AS BIGINT) * 1000`
    : // julianday() is a double, good to some 40 µs: seconds and their fraction are taken apart instead.
      `(CAST(strftime('%s', ${from}) AS INTEGER) + ${LEAP_SEC}) * 1000000000 + CASE WHEN instr(${from}, '.') > 0 THEN CAST(substr(substr(${from}, instr(${from}, '.') + 1) || '000000', 1, 6) AS INTEGER) * 1000 ELSE 0 END`;

const TRIGGER = "dataset_ingest_date_migration";

/** Adds the new column beside the old, and what fills it for rows that come meanwhile. */
async function addShadow(context: MigrationContext): Promise<void> {
  const { db } = context;
  if ((await db.columnNames("dataset"))!.includes("ingest_date_ns")) return;
  const value = toNanoseconds(context, "NEW.ingest_date");
  await db.transaction(async () => {
    await db.run(rawSql("ALTER TABLE dataset ADD COLUMN ingest_date_ns BIGINT"));
    if (db.dialect === "sqlite") {
      await db.script(
        `CREATE TRIGGER ${TRIGGER} AFTER INSERT ON dataset BEGIN UPDATE dataset SET ingest_date_ns = ${value} WHERE id = NEW.id; END`,
      );
    } else {
      await db.script(
        `CREATE FUNCTION ${TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.ingest_date_ns := ${value}; RETURN NEW; END $$;
         CREATE TRIGGER ${TRIGGER} BEFORE INSERT ON dataset FOR EACH ROW EXECUTE FUNCTION ${TRIGGER}()`,
      );
    }
  });
}

/** Fills the new column of older rows batch by batch, each in a transaction of its own. A killed one goes on where it was. */
async function fillShadow(context: MigrationContext): Promise<void> {
  const { db, onProgress } = context;
  const [count] = await db.rows(sql`SELECT count(*) FROM dataset WHERE ingest_date_ns IS NULL`);
  const total = Number(count![0]);
  const value = rawSql(toNanoseconds(context, "ingest_date"));
  let after: Sql = rawSql("TRUE");
  for (let done = 0; ; ) {
    const [row] = await db.rows(
      sql`SELECT id FROM dataset WHERE ${after} ORDER BY id LIMIT 1 OFFSET ${BATCH_ROWS - 1}`,
    );
    const last = row?.[0];
    const until = last === undefined ? rawSql("TRUE") : sql`id <= ${last}`;
    done += await db.transaction(() =>
      db.run(
        sql`UPDATE dataset SET ingest_date_ns = ${value} WHERE ${after} AND ${until} AND ingest_date_ns IS NULL`,
      ),
    );
    onProgress(Math.min(done, total), total);
    if (last === undefined) return;
    after = sql`id > ${last}`;
  }
}

/** Dates of ingestion become TAI nanoseconds: a table of many million rows is converted while others read and write it, and
 * the columns change places at the end. */
export const MIGRATE_INGEST_DATE: Migration = {
  tree: "datasets",
  className: "ByDimensionsDatasetRecordStorageManagerUUID",
  from: "1.0.0",
  to: "2.0.0",
  summary:
    "Dates of ingestion become TAI nanoseconds (37 s after UTC, as the original's own migration has it).",
  prepare: async (context) => {
    await addShadow(context);
    await fillShadow(context);
  },
  run: async (context) => {
    const { db } = context;
    if (db.dialect === "sqlite") {
      await db.run(rawSql(`DROP TRIGGER ${TRIGGER}`));
      // Nobody can have written between, but in case.
      await db.run(
        sql`UPDATE dataset SET ingest_date_ns = ${rawSql(toNanoseconds(context, "ingest_date"))} WHERE ingest_date_ns IS NULL`,
      );
    } else {
      await db.script(`DROP TRIGGER ${TRIGGER} ON dataset; DROP FUNCTION ${TRIGGER}()`);
    }
    await db.run(rawSql("ALTER TABLE dataset DROP COLUMN ingest_date"));
    await db.run(rawSql("ALTER TABLE dataset RENAME COLUMN ingest_date_ns TO ingest_date"));
    if (db.dialect === "postgresql")
      await db.run(rawSql("ALTER TABLE dataset ALTER COLUMN ingest_date SET NOT NULL"));
  },
};
