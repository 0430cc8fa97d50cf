import type { Butler, DataId, DatasetRef } from "@almagest/butler";
import { caveatLetters } from "../run/caveats.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import type { ButlerLogRecords } from "../run/log-records.ts";
import type { TaskMetadata } from "../run/task-metadata.ts";

/** What reports read of a repository. */
export type ReportSource = Pick<
  Butler,
  "universe" | "queryDatasetTypes" | "queryDatasets" | "getDatasets" | "get"
>;

/** One quantum as its metadata tell. */
export interface StoredQuantum {
  readonly label: string;
  readonly dataId: DataId;
  readonly run: string;
  readonly startUtc: string;
  readonly seconds: number;
  readonly peakMemoryMb: number;
  /** Letters, see `LabelSummary.caveats`. */
  readonly caveats: string;
  readonly noWork?: string;
  /** How many attempts failed before, within the run of the driver that succeeded. */
  readonly attempt: number;
  /** Ids of the datasets that it could read, and that it wrote. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Labels of all tasks that have left metadata or logs in a repository, sorted. */
export async function findLabels(source: ReportSource): Promise<string[]> {
  const types = await source.queryDatasetTypes(["*_metadata", "*_log"]);
  const labels = types
    .filter(({ storageClass }) => storageClass === "TaskMetadata" || storageClass === "ButlerLogRecords")
    .map(({ name }) => name.replace(/_(metadata|log)$/, ""));
  return [...new Set(labels)].sort();
}

/** Metadata and logs of a task in some collections. */
export async function findAttempts(
  source: ReportSource,
  label: string,
  collections: readonly string[],
): Promise<{ readonly metadata: readonly DatasetRef[]; readonly logs: readonly DatasetRef[] }> {
  const registered = new Set(
    (await source.queryDatasetTypes([metadataTypeName(label), logTypeName(label)])).map(({ name }) => name),
  );
  const query = async (name: string): Promise<DatasetRef[]> =>
    registered.has(name) ? source.queryDatasets(name, { collections, findFirst: false }) : [];
  return { metadata: await query(metadataTypeName(label)), logs: await query(logTypeName(label)) };
}

/** Reads what a quantum's metadata tell. Fields that another writer left out are empty. */
export async function readQuantum(source: ReportSource, ref: DatasetRef): Promise<StoredQuantum> {
  const { metadata } = (await source.get(ref)) as TaskMetadata;
  const { scalars = {}, arrays = {} } = metadata.quantum ?? {};
  return {
    label: ref.datasetType.name.replace(/_metadata$/, ""),
    dataId: ref.dataId,
    run: ref.run,
    startUtc: String(arrays.startUtc?.[0] ?? ""),
    seconds: Number(scalars.elapsedSec ?? 0),
    peakMemoryMb: Number(arrays.endMaxResidentSetSize?.[0] ?? 0) / 2 ** 20,
    caveats: String(scalars.caveatLetters ?? caveatLetters(Number(scalars.caveats ?? 0))),
    ...(scalars.noWork === undefined ? {} : { noWork: String(scalars.noWork) }),
    attempt: Number(scalars.attempt ?? 0),
    inputs: (arrays.inputs ?? []).map(String),
    outputs: (arrays.outputs ?? []).map(String),
  };
}

/** How a failed quantum ended, from its log. */
export async function readFailure(
  source: ReportSource,
  ref: DatasetRef,
): Promise<{ readonly type: string; readonly message: string }> {
  const { records, extra } = (await source.get(ref)) as ButlerLogRecords;
  const exception = extra?.exception as { type_name?: string; message?: string } | undefined;
  const last = records.at(-1)?.message ?? "its log is empty";
  return { type: exception?.type_name ?? "unknown", message: exception?.message ?? last };
}
