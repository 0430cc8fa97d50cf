import { AlmagestError } from "@almagest/base";
import type { DataId, DatasetRef } from "@almagest/butler";
import { configTypeName, metadataTypeName, PACKAGES_TYPE_NAME } from "../run/implicit-types.ts";
import { findLabels, type ReportSource, readQuantum, type StoredQuantum } from "./stored-quanta.ts";

/** A dataset on the way, and how many quanta lie between it and the start. */
export interface TracedDataset {
  readonly id: string;
  readonly datasetType: string;
  readonly dataId: DataId;
  readonly run: string;
  readonly distance: number;
}

/** A quantum on the way. */
export interface TracedQuantum extends StoredQuantum {
  readonly distance: number;
}

/** Where a dataset came from, or what became of it. */
export interface Provenance {
  readonly start: TracedDataset;
  readonly direction: "back" | "forward";
  /** Nearest first; without the start. */
  readonly datasets: readonly TracedDataset[];
  readonly quanta: readonly TracedQuantum[];
  /** Back: what no quantum made (raws, calibrations, reference catalogues). Forward: what nothing has read. */
  readonly ends: readonly TracedDataset[];
  /** The configuration that each task had in each run, as a dataset. */
  readonly configs: readonly { readonly label: string; readonly run: string; readonly id: string }[];
  /** Versions of the software, by run. */
  readonly packages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Follows a dataset back to what it was made of, or forward to all that it influenced, through the metadata that each
 * quantum left. Throws `PIPELINE.DATASET_UNKNOWN` when no dataset has the id.
 */
export async function traceProvenance(
  source: ReportSource,
  id: string,
  direction: "back" | "forward",
): Promise<Provenance> {
  const [first] = await source.getDatasets([id]);
  if (!first) {
    throw new AlmagestError("PIPELINE.DATASET_UNKNOWN", `No dataset of the repository has the id ${id}.`, {
      fields: { id },
    });
  }
  const quantaOf = await createQuantumFinder(source, direction);
  const start = traced(first, 0);
  const datasets = new Map<string, TracedDataset>([[id, start]]);
  const quanta = new Map<string, TracedQuantum>();
  const ends: TracedDataset[] = [];
  let front: DatasetRef[] = [first];
  for (let distance = 1; front.length > 0; distance++) {
    const next = new Set<string>();
    for (const ref of front) {
      const found = await quantaOf(ref);
      if (found.length === 0 && ref.id !== id) ends.push(datasets.get(ref.id)!);
      for (const quantum of found) {
        const key = `${quantum.run}/${quantum.label}/${JSON.stringify(quantum.dataId)}`;
        if (!quanta.has(key)) quanta.set(key, { ...quantum, distance });
        for (const other of direction === "back" ? quantum.inputs : quantum.outputs) {
          if (!datasets.has(other)) next.add(other);
        }
      }
    }
    front = await source.getDatasets([...next]);
    for (const ref of front) datasets.set(ref.id, traced(ref, distance));
  }
  datasets.delete(id);
  const runs = new Set([...quanta.values()].map(({ run }) => run));
  const packages = await readPackages(source, runs);
  const configs = await findConfigs(source, [...quanta.values()]);
  return {
    start,
    direction,
    datasets: [...datasets.values()],
    quanta: [...quanta.values()],
    ends,
    configs,
    packages,
  };
}

function traced({ id, datasetType, dataId, run }: DatasetRef, distance: number): TracedDataset {
  return { id, datasetType: datasetType.name, dataId, run, distance };
}

/** Finds the quanta that made a dataset (back) or read it (forward). Only tasks whose configuration names its type are
 * looked at, and only their quanta that agree with its data id. */
async function createQuantumFinder(
  source: ReportSource,
  direction: "back" | "forward",
): Promise<(ref: DatasetRef) => Promise<StoredQuantum[]>> {
  const users = await findUsers(source);
  const read = new Map<string, Promise<StoredQuantum>>();
  return async (ref) => {
    const found: StoredQuantum[] = [];
    // Metadata and logs belong to their quantum, though no connection names them.
    const owner =
      direction === "back" ? /^(.+)_(?:metadata|log)$/.exec(ref.datasetType.name)?.[1] : undefined;
    for (const { label, run } of users.get(owner ?? ref.datasetType.name) ?? []) {
      if (direction === "back" && run !== ref.run) continue;
      if (owner !== undefined && owner !== label) continue;
      const [type] = await source.queryDatasetTypes(metadataTypeName(label));
      if (!type) continue;
      const shared = Object.entries(ref.dataId).filter(([name]) => type.dimensions.includes(name));
      const refs = await source.queryDatasets(type.name, {
        collections: run,
        findFirst: false,
        dataId: Object.fromEntries(shared),
      });
      for (const metadata of refs) {
        let quantum = read.get(metadata.id);
        if (!quantum) read.set(metadata.id, (quantum = readQuantum(source, metadata)));
        const { inputs, outputs } = await quantum;
        const isUser = (direction === "back" ? outputs : inputs).includes(ref.id);
        if (isUser || owner === label) found.push(await quantum);
      }
    }
    return found;
  };
}

/** Tasks and runs whose configurations name each dataset type. */
async function findUsers(source: ReportSource): Promise<Map<string, { label: string; run: string }[]>> {
  const users = new Map<string, { label: string; run: string }[]>();
  const registered = new Set((await source.queryDatasetTypes("*_config")).map(({ name }) => name));
  for (const label of await findLabels(source)) {
    if (!registered.has(configTypeName(label))) continue;
    const refs = await source.queryDatasets(configTypeName(label), { collections: "*", findFirst: false });
    for (const ref of refs) {
      const { values } = (await source.get(ref)) as { values: { connections?: Record<string, unknown> } };
      const names = Object.values(values.connections ?? {}).map((name) => String(name).split(".")[0]!);
      const user = { label, run: ref.run };
      for (const name of new Set([...names, label])) users.set(name, [...(users.get(name) ?? []), user]);
    }
  }
  return users;
}

async function findConfigs(
  source: ReportSource,
  quanta: readonly TracedQuantum[],
): Promise<{ label: string; run: string; id: string }[]> {
  const found: { label: string; run: string; id: string }[] = [];
  for (const [label, ofLabel] of Map.groupBy(quanta, (quantum) => quantum.label)) {
    for (const run of new Set(ofLabel.map((quantum) => quantum.run))) {
      const [ref] = await source.queryDatasets(configTypeName(label), { collections: run });
      if (ref) found.push({ label, run, id: ref.id });
    }
  }
  return found;
}

async function readPackages(
  source: ReportSource,
  runs: ReadonlySet<string>,
): Promise<Record<string, Record<string, string>>> {
  const packages: Record<string, Record<string, string>> = {};
  if ((await source.queryDatasetTypes(PACKAGES_TYPE_NAME)).length === 0) return packages;
  for (const run of runs) {
    const [ref] = await source.queryDatasets(PACKAGES_TYPE_NAME, { collections: run });
    if (ref) packages[run] = (await source.get(ref)) as Record<string, string>;
  }
  return packages;
}
