import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createRepository, ingestZip, openButler, retrieveZip } from "../../packages/butler/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { type Comparison, checkInto, verdict } from "./compare-queries.ts";
import { PythonButler } from "./python-butler.ts";

const CAM = "CamX";

async function makeRepository(root: string): Promise<void> {
  await createRepository(root);
  await using butler = await openButler(root);
  await butler.insertRecords("instrument", [{ name: CAM }]);
  await butler.insertRecords(
    "detector",
    [0, 1, 2].map((id) => ({ instrument: CAM, id, full_name: `R${id}/S` })),
  );
  const storageClass = "StructuredDataDict";
  await butler.registerDatasetType({
    name: "notes",
    dimensions: ["detector"],
    storageClass,
    isCalibration: false,
  });
}

/** Datasets go from a first repository into a second as an archive of one program that the other takes. */
async function measure(from: "ours" | "theirs"): Promise<Comparison> {
  const executable = findPython(["lsst.daf.butler"]);
  const home = await mkdtemp(join(tmpdir(), "almagest-interop-zip-"));
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const check = checkInto(comparison);
  try {
    const [source, target, folder] = ["source", "target", "archives"].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    for (const root of [source, target]) await makeRepository(root);
    await mkdir(folder);
    await using python = new PythonButler(executable);
    const ids: string[] = [];
    let path: string;
    {
      await using ours = await openButler(source, { run: "run/a" });
      for (const detector of [0, 1, 2])
        ids.push((await ours.put({ detector }, "notes", { instrument: CAM, detector })).id);
      await python.call("open", { root: source });
      const theirs = await python.call<string>("retrieve_zip", {
        type: "notes",
        collections: "run/a",
        folder,
      });
      path = theirs;
      if (from === "ours") {
        path = await retrieveZip(ours, await ours.getDatasets(ids), join(home, "own"));
        check("name of the archive", basename(path), basename(theirs));
      }
    }
    await using ours = await openButler(target);
    await python.call("open", { root: target });
    if (from === "ours") await python.call("ingest_zip", { path });
    else await ingestZip(ours, path);
    for (const [detector, id] of ids.entries()) {
      const data_id = { instrument: CAM, detector };
      check("by us", await ours.get("notes", data_id, { collections: "run/a" }), { detector });
      const asked = { type: "notes", data_id, collections: "run/a" };
      check("by them", await python.call("get", asked), { detector });
      check("by id", await python.call("get_id", { id }), { detector });
    }
    const report = await ours.check({ checksums: true, graceMs: 0 });
    check("fsck", [report.clean, report.checked, report.orphaned], [true, 3, []]);
    return comparison;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Archives of datasets between the original and us. */
export const bars: Bar[] = [
  {
    name: "an archive of ours, ingested by them",
    goal: "all read by both",
    measure: async () => verdict(await measure("ours")),
  },
  {
    name: "an archive of theirs, ingested by us",
    goal: "all read by both",
    measure: async () => verdict(await measure("theirs")),
  },
];
