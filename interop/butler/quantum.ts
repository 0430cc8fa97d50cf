import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Butler,
  createRepository,
  type DatasetRef,
  describeQuantum,
  formatDatastoreRecords,
  ingestWritten,
  openButler,
  openQuantumButler,
  type PredictedDataset,
} from "../../packages/butler/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { type Comparison, checkInto, verdict } from "./compare-queries.ts";
import { PythonButler } from "./python-butler.ts";

const CAM = "CamX";
const DATASTORE = { name: "FileDatastore@<butlerRoot>", table: "file_datastore_records" };
const at = (detector: number): { instrument: string; detector: number } => ({ instrument: CAM, detector });

async function makeRepository(root: string): Promise<void> {
  await createRepository(root);
  await using butler = await openButler(root);
  await butler.insertRecords("instrument", [{ name: CAM }]);
  const detectors = [0, 1, 2, 3].map((id) => ({ instrument: CAM, id, full_name: `R${id}/S` }));
  await butler.insertRecords("detector", detectors);
  for (const name of ["given", "made"]) {
    const storageClass = "StructuredDataDict";
    await butler.registerDatasetType({ name, dimensions: ["detector"], storageClass, isCalibration: false });
  }
}

async function predict(butler: Butler, refs: readonly DatasetRef[]): Promise<PredictedDataset[]> {
  return Promise.all(
    refs.map(async (ref) => {
      const group = butler.universe.completeGroup(ref.datasetType.dimensions);
      const { dataId, records } = await butler.expandDataId(ref.dataId, group);
      return { ref, dataId, records };
    }),
  );
}

const wire = ({ id, datasetType, dataId, run }: DatasetRef): object => ({
  id,
  type: datasetType.name,
  data_id: dataId,
  run,
});

/** Quanta read and write by the one program's Butler without database, and the other registers what they wrote, twice. */
async function measure(worker: "ours" | "theirs"): Promise<Comparison> {
  const executable = findPython(["lsst.daf.butler"]);
  const home = await mkdtemp(join(tmpdir(), "almagest-interop-quantum-"));
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const check = checkInto(comparison);
  try {
    const root = join(home, "repo");
    await makeRepository(root);
    await using python = new PythonButler(executable);
    await python.call("open", { root, run: "in/theirs" });
    await using ours = await openButler(root, { run: "in/ours" });
    const first = await ours.put({ from: "ours" }, "given", at(0));
    const { id } = await python.call<{ id: string }>("put", {
      value: { from: "theirs" },
      type: "given",
      data_id: at(1),
    });
    const inputs = await ours.getDatasets([first.id, id]);
    const datasetType = await ours.getDatasetType("made");
    const outputs = ours.makeRefs(
      [0, 1, 2, 3].map((detector) => ({ datasetType, dataId: at(detector) })),
      "out",
    );
    const [written, never] = [outputs.slice(0, 3), outputs[3]!];
    const stored = (await ours.storedFiles(inputs)).flat();
    const exported = await python.call<Record<string, unknown>>("export_records", {
      ids: inputs.map((ref) => ref.id),
    });
    check("records", JSON.parse(JSON.stringify(formatDatastoreRecords(stored, DATASTORE))), exported);
    const read = [{ from: "ours" }, { from: "theirs" }];
    if (worker === "theirs") {
      const quantum = {
        root,
        inputs: inputs.map(wire),
        outputs: outputs.map(wire),
        written: written.map(wire),
        records: formatDatastoreRecords(stored, DATASTORE),
      };
      check("inputs by them", await python.call("run_quantum", quantum), read);
      const source = {
        universe: ours.universe,
        inputs: [],
        outputs: await predict(ours, outputs),
      };
      const foretold = (await describeQuantum(root, source)).outputs;
      check("new", (await ingestWritten(ours, foretold, { batch: 2 })).length, 3);
      check("again", await ingestWritten(ours, foretold, { batch: 2 }), []);
    } else {
      const quantum = await openQuantumButler(root, {
        universe: ours.universe,
        inputs: await predict(ours, inputs),
        outputs: await predict(ours, outputs),
        datastoreRecords: exported,
      });
      for (const [index, ref] of inputs.entries()) check("input by us", await quantum.get(ref), read[index]);
      for (const ref of written) await quantum.put({ made: ref.dataId.detector }, ref);
      const transfer = { root, outputs: outputs.map(wire) };
      check("new", await python.call("transfer_quantum", transfer), 3);
      // It counts what is there already as well.
      check("again", await python.call("transfer_quantum", transfer), 3);
    }
    await python.call("open", { root });
    for (const [detector, ref] of written.entries()) {
      const made = { made: detector };
      check("by us", await ours.get("made", at(detector), { collections: "out" }), made);
      check("by them", await python.call("get_id", { id: ref.id }), made);
    }
    check("not written", await ours.getDatasets([never.id]), []);
    const report = await ours.check({ checksums: true, graceMs: 0 });
    check("fsck", [report.clean, report.checked, report.orphaned], [true, 5, []]);
    return comparison;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Butlers without database, of the original and of us. */
export const bars: Bar[] = [
  {
    name: "their quantum-backed Butler on records of ours, ingested by us",
    goal: "inputs read, outputs registered once, read by both",
    measure: async () => verdict(await measure("theirs")),
  },
  {
    name: "our Butler of a quantum on records of theirs, ingested by them",
    goal: "inputs read, outputs registered once, read by both",
    measure: async () => verdict(await measure("ours")),
  },
];
