import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "../../packages/butler/src/index.ts";
import { openPostgres } from "../../packages/database/src/index.ts";
import { startPostgres } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { type Comparison, checkInto, verdict } from "./compare-queries.ts";
import { PythonButler } from "./python-butler.ts";

const CAM = "CamX";
const CLS = "lsst.daf.butler.datastores";
/** Memory for nothing, one datastore without `solo`, one with everything. */
const CHAIN = {
  cls: `${CLS}.chainedDatastore.ChainedDatastore`,
  datastore_constraints: [
    { constraints: { reject: ["all"] } },
    { constraints: {} },
    { constraints: { accept: ["all"] } },
  ],
  datastores: [
    { cls: `${CLS}.inMemoryDatastore.InMemoryDatastore`, constraints: {} },
    {
      cls: `${CLS}.fileDatastore.FileDatastore`,
      records: { table: "first_records" },
      constraints: { reject: ["solo"] },
    },
    { cls: `${CLS}.fileDatastore.FileDatastore`, records: { table: "second_records" } },
  ],
};

async function takeTurns(root: string, python: PythonButler): Promise<Comparison> {
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const check = checkInto(comparison);
  await using ours = await openButler(root, { run: "turns/ours" });
  await ours.insertRecords("instrument", [{ name: CAM }]);
  await ours.insertRecords(
    "detector",
    [0, 1, 2, 3].map((id) => ({ instrument: CAM, id, full_name: `R${id}` })),
  );
  for (const name of ["notes", "solo"]) {
    const storageClass = "StructuredDataDict";
    await ours.registerDatasetType({ name, dimensions: ["detector"], storageClass, isCalibration: false });
  }
  await python.call("open", { root, run: "turns/python" });
  const theirs: string[] = [];
  for (const type of ["notes", "solo"]) {
    for (const detector of [0, 1, 2, 3]) {
      const dataId = { instrument: CAM, detector };
      const value = { type, detector };
      const ref = await ours.put(value, type, dataId);
      const asked = { type, data_id: dataId, collections: "turns/ours" };
      check("theirs of ours", await python.call("get", asked), value);
      check("where ours is", await python.call("uri", { id: ref.id }), await ours.getUri(ref));
      const put = await python.call<{ id: string }>("put", { value, type, data_id: dataId });
      theirs.push(put.id);
      check("ours of theirs", await ours.get(type, dataId, { collections: "turns/python" }), value);
      const [got] = await ours.getDatasets([put.id]);
      check("where theirs is", await ours.getUri(got!), await python.call("uri", { id: put.id }));
    }
  }
  const report = await ours.check({ checksums: true, graceMs: 0 });
  // Four notes lie in two datastores, four of solo in one, by either hand.
  check("fsck", [report.clean, report.checked, report.orphaned], [true, 24, []]);
  const [first] = await ours.queryDatasets("notes", { collections: "turns/python" });
  await ours.prune([first!], { purge: true });
  check(
    "theirs sees what we removed",
    typeof (await python.ask("get_id", { id: first!.id })).error,
    "string",
  );
  const [second] = await ours.queryDatasets("notes", { collections: "turns/ours" });
  await python.call("prune_id", { id: second!.id });
  check("ours sees what they removed", (await ours.getDatasets([second!.id])).length, 0);
  const after = await ours.check({ checksums: true, graceMs: 0 });
  check("fsck after removing", [after.clean, after.checked, after.orphaned], [true, 20, []]);
  return comparison;
}

/** The original asks for it and does not make it. */
async function addExtension(database: string): Promise<void> {
  await using db = await openPostgres(database);
  await db.script("CREATE EXTENSION btree_gist");
}

async function measure(make: "ours" | "theirs", onPostgres: boolean): Promise<Comparison> {
  const executable = findPython(["lsst.daf.butler", "psycopg2"]);
  const home = await mkdtemp(join(tmpdir(), "almagest-interop-chain-"));
  const server = onPostgres ? await startPostgres(["fsync=off"]) : undefined;
  try {
    const database = await server?.createDatabase("chain");
    const root = join(home, "repo");
    await using python = new PythonButler(executable);
    if (make === "ours") {
      await createRepository(root, {
        seed: { datastore: CHAIN },
        ...(database === undefined ? {} : { database }),
      });
    } else {
      if (database !== undefined) await addExtension(database);
      await python.call("create_chain", {
        root,
        datastore: CHAIN,
        ...(database === undefined ? {} : { db: database }),
      });
    }
    const text = await readFile(join(root, "butler.yaml"), "utf8");
    if (!text.includes("FileDatastore_1")) throw new Error("no chain was made");
    return await takeTurns(root, python);
  } finally {
    await server?.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** The original and we on one repository with a chain of datastores. */
export const bars: Bar[] = (["ours", "theirs"] as const).flatMap((maker) =>
  [false, true].map((onPostgres) => ({
    name: `a chain of datastores made by ${maker === "ours" ? "us" : "them"}, written by turns (${onPostgres ? "PostgreSQL" : "SQLite"})`,
    goal: "all read by both",
    measure: async () => verdict(await measure(maker, onPostgres)),
  })),
);
