import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "../../packages/butler/src/index.ts";
import { missingForCeph, startCeph } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { type Comparison, checkInto, verdict } from "./compare-queries.ts";
import { PythonButler } from "./python-butler.ts";

const CAM = "CamX";

async function withCeph<T>(
  use: (bucket: string, home: string, python: PythonButler) => Promise<T>,
): Promise<T> {
  const missing = missingForCeph();
  if (missing !== "") throw new Error(missing);
  const executable = findPython(["lsst.daf.butler", "boto3"]);
  const ceph = await startCeph();
  const home = await mkdtemp(join(tmpdir(), "almagest-interop-s3-"));
  try {
    Object.assign(process.env, {
      S3_ENDPOINT_URL: ceph.endpoint,
      AWS_ACCESS_KEY_ID: ceph.accessKey,
      AWS_SECRET_ACCESS_KEY: ceph.secretKey,
      DAF_BUTLER_CACHE_DIRECTORY: join(home, "cache"),
    });
    await ceph.createBucket("shared");
    await using python = new PythonButler(executable);
    return await use("s3://shared", home, python);
  } finally {
    await ceph.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Writes by turns into one repository on S3, and checks that each reads all that either wrote. */
async function takeTurns(root: string, python: PythonButler): Promise<Comparison> {
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const check = checkInto(comparison);
  await using ours = await openButler(root, { run: "turns/ours" });
  await ours.insertRecords("instrument", [{ name: CAM }]);
  const detectors = Array.from({ length: 20 }, (_, id) => ({
    instrument: CAM,
    id,
    full_name: `R ${id}/S#1`,
  }));
  await ours.insertRecords("detector", detectors);
  const type = "notes";
  const storageClass = "StructuredDataDict";
  await ours.registerDatasetType({
    name: type,
    dimensions: ["detector"],
    storageClass,
    isCalibration: false,
  });
  await python.call("open", { root, run: "turns/python" });
  for (let detector = 0; detector < 20; detector++) {
    const dataId = { instrument: CAM, detector };
    const value = { detector, text: `turn ${detector}`, list: [1, null, "yes"] };
    await ours.put(value, type, dataId);
    check(
      "theirs of ours",
      value,
      await python.call("get", { type, data_id: dataId, collections: "turns/ours" }),
    );
    await python.call("put", { value, type, data_id: dataId });
    check("ours of theirs", await ours.get(type, dataId, { collections: "turns/python" }), value);
  }
  const report = await ours.check({ checksums: true, graceMs: 0 });
  check("fsck", [report.clean, report.checked, report.orphaned], [true, 40, []]);
  const [one] = await ours.queryDatasets(type, { collections: "turns/python" });
  await ours.prune([one!], { purge: true });
  const gone = await python.ask("get_id", { id: one!.id });
  check("theirs sees what we removed", typeof gone.error, "string");
  return comparison;
}

let measured: Promise<{ readonly ours: Comparison; readonly theirs: Comparison }> | undefined;

/** Both repositories on one Ceph, whose start takes longer than all the rest. */
function measureBoth(): NonNullable<typeof measured> {
  measured ??= withCeph(async (bucket, home, python) => {
    await createRepository(`${bucket}/ours`, { database: `sqlite:///${join(home, "ours.sqlite3")}` });
    const ours = await takeTurns(`${bucket}/ours`, python);
    const root = `${bucket}/theirs`;
    await python.call("create_at", { root, database: `sqlite:///${join(home, "theirs.sqlite3")}` });
    return { ours, theirs: await takeTurns(root, python) };
  });
  return measured;
}

/** The original and we on one S3 service, a real Ceph. */
export const bars: Bar[] = [
  {
    name: "a repository of ours on S3, written by turns",
    goal: "all read by both",
    measure: async () => verdict((await measureBoth()).ours),
  },
  {
    name: "a repository of theirs on S3, written by turns",
    goal: "all read by both",
    measure: async () => verdict((await measureBoth()).theirs),
  },
];
