import { checksumFile, isRemoteUri } from "@almagest/resources";
import type { LocatedDataset, OutputRecord } from "../api/dataset-api.ts";
import type { Butler } from "../butler.ts";
import { locationOf, statStored } from "../datastore/stored-file.ts";
import type { DatasetRef, DimensionRecord } from "../types.ts";

/** How foretold datasets are registered. */
export interface IngestWrittenOptions {
  /** Define dataset types that the repository lacks; false unless told. */
  readonly registerTypes?: boolean;
  /** Insert dimension records that the repository lacks; true unless told. */
  readonly records?: boolean;
  /** Compute checksums of files on this machine; true unless told. */
  readonly checksum?: boolean;
  /** Only tell what would be registered. */
  readonly dryRun?: boolean;
  /** Datasets in one transaction; 1000 unless told. */
  readonly batch?: number;
  /** Told after each batch how many of the foretold datasets were looked at, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

const AT_ONCE = 16;

async function measure(root: string, located: LocatedDataset, checksum: boolean): Promise<OutputRecord[]> {
  const location = locationOf(root, located.path);
  const found = await statStored(location);
  if (found === undefined) return [];
  // To compute the checksum of a remote file would mean to fetch it.
  if (!checksum || isRemoteUri(location)) return [{ ...located, sizeBytes: found.sizeBytes }];
  return [{ ...located, ...(await checksumFile(location)) }];
}

async function measureAll(
  root: string,
  datasets: readonly LocatedDataset[],
  checksum: boolean,
): Promise<OutputRecord[]> {
  const found: OutputRecord[] = [];
  for (let start = 0; start < datasets.length; start += AT_ONCE) {
    const some = datasets.slice(start, start + AT_ONCE);
    found.push(...(await Promise.all(some.map((each) => measure(root, each, checksum)))).flat());
  }
  return found;
}

async function insertRecords(target: Butler, written: readonly OutputRecord[]): Promise<void> {
  const rows = new Map<string, Map<string, DimensionRecord>>();
  for (const { records = {} } of written) {
    for (const [name, record] of Object.entries(records)) {
      const element = target.universe.element(name);
      const keys = element.columns.filter(({ role }) => role === "required" || role === "key");
      const key = keys.map((column) => String(record[column.name] ?? record[column.dimension ?? ""]));
      const known = rows.get(name) ?? new Map<string, DimensionRecord>();
      rows.set(name, known.set(key.join("\u0001"), record));
    }
  }
  for (const { name, hasTable, columns } of target.universe.elements.values()) {
    const own = rows.get(name);
    if (own === undefined || !hasTable || columns.length === 0) continue;
    await target.insertRecords(name, [...own.values()], { skipExisting: true });
  }
}

/**
 * Registers those of foretold datasets whose files are there: what quanta wrote without the database. In batches, each
 * whole or not at all; what is registered already is left as it is, so that an interrupted call is finished by another. Gives
 * the datasets that were new. Throws as `ingestOutputs`.
 */
export async function ingestWritten(
  target: Butler,
  foretold: readonly LocatedDataset[],
  options: IngestWrittenOptions = {},
): Promise<DatasetRef[]> {
  const { batch = 1000, checksum = true } = options;
  const fresh: DatasetRef[] = [];
  for (let start = 0; start < foretold.length; start += batch) {
    const some = foretold.slice(start, start + batch);
    const stored = await target.locate(some.map(({ ref }) => ref));
    const absent = some.filter((_, index) => stored[index] === undefined);
    const written = await measureAll(target.root, absent, checksum && options.dryRun !== true);
    if (written.length > 0 && !options.dryRun) {
      if (options.registerTypes) {
        const types = new Map(written.map(({ ref }) => [ref.datasetType.name, ref.datasetType]));
        for (const type of types.values()) await target.registerDatasetType(type);
      }
      if (options.records ?? true) await insertRecords(target, written);
      for (const run of new Set(written.map(({ ref }) => ref.run))) await target.registerRun(run);
      await target.ingestOutputs(written);
    }
    fresh.push(...written.map(({ ref }) => ref));
    options.onProgress?.(Math.min(start + batch, foretold.length), foretold.length);
  }
  return fresh;
}
