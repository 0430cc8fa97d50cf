import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "../../packages/butler/src/index.ts";
import { missingForCeph, startCeph, startFakeGcs } from "../../packages/servers/src/index.ts";
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

async function withGoogle<T>(
  use: (bucket: string, home: string, python: PythonButler) => Promise<T>,
): Promise<T> {
  const executable = findPython(["lsst.daf.butler", "google.cloud.storage"]);
  const emulator = await startFakeGcs();
  const home = await mkdtemp(join(tmpdir(), "almagest-interop-gs-"));
  try {
    Object.assign(process.env, {
      STORAGE_EMULATOR_HOST: emulator.endpoint,
      DAF_BUTLER_CACHE_DIRECTORY: join(home, "cache"),
    });
    await emulator.createBucket("shared");
    await using python = new PythonButler(executable);
    return await use("gs://shared", home, python);
  } finally {
    await emulator.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Writes by turns into one repository on S3 or Google Cloud Storage, and checks that each reads all that either wrote. */
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

interface Both {
  readonly ours: Comparison;
  readonly theirs: Comparison;
}

/** A repository of ours and one of theirs in one bucket. */
async function useBoth(bucket: string, home: string, python: PythonButler): Promise<Both> {
  await createRepository(`${bucket}/ours`, { database: `sqlite:///${join(home, "ours.sqlite3")}` });
  const ours = await takeTurns(`${bucket}/ours`, python);
  const root = `${bucket}/theirs`;
  await python.call("create_at", { root, database: `sqlite:///${join(home, "theirs.sqlite3")}` });
  return { ours, theirs: await takeTurns(root, python) };
}

const measured = new Map<typeof withCeph<Both>, Promise<Both>>();

/** Both repositories on one service: the start of Ceph takes longer than all the rest. */
function measureOn(service: typeof withCeph<Both>): Promise<Both> {
  const result = measured.get(service) ?? service(useBoth);
  measured.set(service, result);
  return result;
}

/** The original and we on one S3 service, a real Ceph, and on an emulator of Google's. */
export const bars: Bar[] = [
  ["S3", withCeph<Both>] as const,
  ["Google Cloud Storage (an emulator)", withGoogle<Both>] as const,
].flatMap(([name, service]) => [
  {
    name: `a repository of ours on ${name}, written by turns`,
    goal: "all read by both",
    measure: async () => verdict((await measureOn(service)).ours),
  },
  {
    name: `a repository of theirs on ${name}, written by turns`,
    goal: "all read by both",
    measure: async () => verdict((await measureOn(service)).theirs),
  },
]);
