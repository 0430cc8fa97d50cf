import { type Database, rawSql, sql } from "@almagest/database";
import { createRepository } from "../create-repository.ts";
import { openForMigration } from "../migrations/migrate-repository.ts";
import { openButler } from "../open-butler.ts";
import { UNIVERSE_0 } from "./universe-0.ts";

const CAM = "LSSTCam";
const SPAN = { begin: 1_700_000_000_000_000_000n, end: 1_700_000_030_000_000_000n };

async function setVersion(db: Database, className: string, version: string): Promise<void> {
  await db.run(
    sql`UPDATE butler_attributes SET value = ${version} WHERE name LIKE ${`version:%${className}`}`,
  );
}

/** Makes the dates of a repository timestamps, as version 1.0.0 of its datasets had them. */
async function ageDates(db: Database): Promise<void> {
  if (db.dialect === "postgresql") {
    await db.run(
      rawSql(
        "ALTER TABLE dataset ALTER COLUMN ingest_date TYPE TIMESTAMP USING to_timestamp(ingest_date / 1000000000. - 37) AT TIME ZONE 'UTC'",
      ),
    );
  } else {
    await db.run(
      rawSql(
        "UPDATE dataset SET ingest_date = strftime('%Y-%m-%d %H:%M:%S', ingest_date / 1000000000 - 37, 'unixepoch') || '.' || substr('000000' || (ingest_date / 1000 % 1000000), -6)",
      ),
    );
  }
}

/** A repository of dimensions 0 and of the oldest managers that can be migrated, with exposures, a visit of two systems and
 * some datasets. */
export async function createOldRepository(
  root: string,
  options: { readonly database?: string; readonly datasets?: number } = {},
): Promise<void> {
  const { datasets = 3, database } = options;
  await createRepository(root, { universe: UNIVERSE_0, ...(database === undefined ? {} : { database }) });
  {
    await using butler = await openButler(root, { run: "run/a" });
    await butler.insertRecords("instrument", [{ name: CAM, class_name: "lsst.obs.lsst.LsstCam" }]);
    await butler.insertRecords("physical_filter", [{ instrument: CAM, name: "r_57", band: "r" }]);
    await butler.insertRecords(
      "detector",
      Array.from({ length: datasets }, (_, id) => ({ instrument: CAM, id, full_name: `D${id}` })),
    );
    await butler.insertRecords("visit_system", [
      { instrument: CAM, id: 0, name: "one" },
      { instrument: CAM, id: 1, name: "two" },
    ]);
    await butler.insertRecords(
      "exposure",
      ["science", "bias", "odd"].map((observation_type, index) => ({
        instrument: CAM,
        id: index + 1,
        physical_filter: "r_57",
        obs_id: `o${index + 1}`,
        observation_type,
        day_obs: 20240229,
        seq_num: 41 + index,
        group_name: `g${index}`,
        group_id: index,
        timespan: SPAN,
      })),
    );
    await butler.insertRecords("visit", [
      { instrument: CAM, id: 1, name: "v1", physical_filter: "r_57", visit_system: 0, timespan: SPAN },
    ]);
    await butler.insertRecords(
      "visit_definition",
      [0, 1].map((visit_system) => ({ instrument: CAM, visit_system, exposure: 1, visit: 1 })),
    );
    await butler.registerDatasetType({
      name: "notes",
      dimensions: ["exposure", "detector"],
      storageClass: "StructuredDataDict",
      isCalibration: false,
    });
    await butler.put({ a: 1 }, "notes", { instrument: CAM, exposure: 1, detector: 0 });
  }
  await using db = await openForMigration(root, { readOnly: false });
  // Dates and files do not matter to the other datasets: there may be many of them.
  const [row] = (await db.rows(sql`SELECT dataset_type_id, run_id FROM dataset`)) as [number, number][];
  await db.insertMany(
    "dataset",
    ["id", "dataset_type_id", "ingest_date", "run_id"],
    Array.from({ length: datasets - 1 }, (_, index) => {
      const hex = (index + 1).toString(16).padStart(32, "0");
      const id = db.dialect === "sqlite" ? hex : hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      return [id, row![0], 1_700_000_000_123_456_000n + BigInt(index) * 1_000_001_000n, row![1]];
    }),
  );
  await ageDates(db);
  await setVersion(db, "DefaultButlerAttributeManager", "1.0.0");
  await setVersion(db, "StaticDimensionRecordStorageManager", "6.0.0");
  await setVersion(db, "MonolithicDatastoreRegistryBridgeManager", "0.2.0");
  await setVersion(db, "ByDimensionsDatasetRecordStorageManagerUUID", "1.0.0");
  await db.insertMany("butler_attributes", ["name", "value"], [["schema_digest:x", "0"]]);
}
