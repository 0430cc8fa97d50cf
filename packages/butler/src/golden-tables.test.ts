import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { parseJson } from "@almagest/base";
import { createRepository } from "./create-repository.ts";
import { openButler } from "./open-butler.ts";
import type { DatasetRef } from "./types.ts";

const REFERENCE = join(import.meta.dirname, "../../../../shared");
const GOLDEN = join(REFERENCE, "reference/butler/golden");

type Tables = Record<string, unknown[][]>;

/** Rows of a table with values as JSON has them; what differs by nature (time of ingest, checksum) is blanked. */
function rowsOf(db: DatabaseSync, table: string): unknown[][] {
  const statement = db.prepare(`SELECT * FROM "${table}"`);
  statement.setReadBigInts(true);
  return statement.all().map((row) =>
    Object.entries(row).map(([name, value]) => {
      if (name === "ingest_date" || name === "checksum") return null;
      return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }),
  );
}

function blanked(table: string, rows: unknown[][]): unknown[][] {
  const blank = table === "dataset" ? 2 : table === "file_datastore_records" ? 5 : -1;
  return rows.map((row) => row.map((value, index) => (index === blank ? null : value)));
}

function sorted(rows: unknown[][]): string[] {
  return rows
    .map((row) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? String(value) : value)))
    .sort();
}

test("the same writes leave the same rows as the original's, table by table", async (t) => {
  if (!existsSync(GOLDEN)) return t.skip("needs shared/reference/butler/golden: tables.json");
  const root = await mkdtemp(join(tmpdir(), "almagest-tables-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  await createRepository(root);
  await using theirs = await openButler(join(GOLDEN, "repo"), { readOnly: true });
  await using ours = await openButler(root);
  for (const element of theirs.universe.elements.values()) {
    if (!element.hasTable || element.columns.length === 0) continue;
    await ours.insertRecords(element.name, await theirs.queryRecords(element.name));
  }
  const put = async (refs: readonly DatasetRef[]): Promise<void> => {
    for (const ref of refs) {
      const value = await theirs.get(ref);
      await ours.put(value, ref.datasetType.name, ref.dataId, { run: ref.run, id: ref.id });
    }
  };
  const runs = ["CamX/runA", "CamX/runB", "CamX/calib/gen1", "CamX/calib/gen2"];
  for (const run of runs) await ours.registerRun(run);
  for (const name of ["raw_like", "vd", "coadd", "bias", "glob_table", "ref_cat", "flat"]) {
    await ours.registerDatasetType(await theirs.getDatasetType(name));
    for (const run of runs)
      await put(await theirs.queryDatasets(name, { collections: run, findFirst: false }));
  }
  await ours.registerCollection("CamX/tagged", "TAGGED", "hand picked");
  await ours.associate("CamX/tagged", await theirs.queryDatasets("vd", { collections: "CamX/tagged" }));
  await ours.registerCollection("CamX/calib", "CALIBRATION");
  for (const name of ["bias", "flat"]) {
    for (const { ref, timespan } of await theirs.queryAssociations(name, "CamX/calib")) {
      await ours.certify("CamX/calib", [ref], timespan!);
    }
  }
  await ours.registerCollection("CamX/defaults", "CHAINED");
  await ours.setChain("CamX/defaults", ["CamX/runB", "CamX/tagged", "CamX/runA", "CamX/calib"]);
  await ours.registerCollection("outer", "CHAINED");
  await ours.setChain("outer", ["CamX/defaults"]);
  await ours.prependChain("outer", ["CamX/calib/gen2"]);

  const db = new DatabaseSync(join(root, "gen3.sqlite3"), { readOnly: true });
  t.after(() => db.close());
  const expected = parseJson(readFileSync(join(GOLDEN, "tables.json"), "utf8")) as unknown as Tables;
  for (const [table, rows] of Object.entries(expected)) {
    await t.test(table, () => assert.deepEqual(sorted(rowsOf(db, table)), sorted(blanked(table, rows))));
  }
});

test("an export of real HSC visits fills the overlap tables exactly as the original does", async (t) => {
  const file = join(REFERENCE, "data/registry/hsc-rc2-subset.yaml");
  if (!existsSync(file)) return t.skip("needs shared/data/registry: hsc-rc2-subset.yaml");
  const root = await mkdtemp(join(tmpdir(), "almagest-hsc-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  await createRepository(root);
  await using butler = await openButler(root);
  await butler.importFrom(file);
  const db = new DatabaseSync(join(root, "gen3.sqlite3"), { readOnly: true });
  t.after(() => db.close());
  const counts = ["visit", "visit_detector_region", "tract", "patch"].map(
    (element) => db.prepare(`SELECT count(*) AS n FROM ${element}_skypix_overlap`).get()!.n,
  );
  assert.deepEqual(counts, [3962, 5044, 50, 3]);
});
