import { isAbsoluteUri, resolveWithin } from "@almagest/resources";
import type { IngestFile, IngestMode, OutputRecord } from "../api/dataset-api.ts";
import type { Butler } from "../butler.ts";
import type { DatasetRef } from "../types.ts";

/** How datasets go from one repository to another. */
export interface TransferOptions {
  /** What becomes of the files: `copy` unless told. `move` is refused, as the source would lose them. */
  readonly mode?: Exclude<IngestMode, "in-place" | "move">;
  /** Register dataset types that the target lacks; true unless told. */
  readonly registerTypes?: boolean;
  /** Insert dimension records that the target lacks; true unless told. */
  readonly records?: boolean;
  /** Only tell what would be transferred. */
  readonly dryRun?: boolean;
  /** Told after each batch how many datasets are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

const BATCH = 1000;

async function registerTypes(source: Butler, target: Butler, refs: readonly DatasetRef[]): Promise<void> {
  for (const name of new Set(refs.map((ref) => ref.datasetType.name))) {
    await target.registerDatasetType(await source.getDatasetType(name));
  }
}

function toIngest(source: Butler, ref: DatasetRef, files: readonly OutputRecord[]): IngestFile[] {
  return files.map((file) => ({
    path: isAbsoluteUri(file.path) ? file.path : resolveWithin(source.root, file.path),
    datasetType: ref.datasetType.name,
    dataId: ref.dataId,
    formatter: file.formatter,
    id: ref.id,
    ...(file.component === undefined ? {} : { component: file.component }),
  }));
}

/**
 * Brings datasets with their files, runs, types and records from one repository into another, under the same ids. Those
 * that are there already, and those that the source stores no file of, are left out. Gives the datasets brought.
 * In batches, each whole or not at all: an interrupted transfer is finished by calling it again.
 */
export async function transferDatasets(
  source: Butler,
  target: Butler,
  refs: readonly DatasetRef[],
  options: TransferOptions = {},
): Promise<DatasetRef[]> {
  const unique = [...new Map(refs.map((ref) => [ref.id, ref])).values()];
  const files = new Map<string, readonly OutputRecord[]>();
  const wanted: DatasetRef[] = [];
  for (let start = 0; start < unique.length; start += BATCH) {
    const batch = unique.slice(start, start + BATCH);
    const present = new Set((await target.getDatasets(batch.map((ref) => ref.id))).map((ref) => ref.id));
    const stored = await source.storedFiles(batch);
    batch.forEach((ref, index) => {
      if (present.has(ref.id) || stored[index]!.length === 0) return;
      files.set(ref.id, stored[index]!);
      wanted.push(ref);
    });
  }
  if (options.dryRun) return wanted;
  if (options.registerTypes ?? true) await registerTypes(source, target, wanted);
  let done = 0;
  for (let start = 0; start < wanted.length; start += BATCH) {
    const batch = wanted.slice(start, start + BATCH);
    if (options.records ?? true) {
      for (const [element, records] of await source.collectRecords(batch)) {
        const { columns, hasTable } = target.universe.element(element);
        if (hasTable && columns.length > 0)
          await target.insertRecords(element, records, { skipExisting: true });
      }
    }
    for (const [run, members] of Map.groupBy(batch, (ref) => ref.run)) {
      await target.registerRun(run);
      const list = members.flatMap((ref) => toIngest(source, ref, files.get(ref.id)!));
      await target.ingest(list, { mode: options.mode ?? "copy", run });
    }
    done += batch.length;
    options.onProgress?.(done, wanted.length);
  }
  return wanted;
}
