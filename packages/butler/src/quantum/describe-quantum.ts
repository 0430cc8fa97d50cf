import type { LocatedDataset } from "../api/dataset-api.ts";
import { planFile } from "../datastore/dataset-files.ts";
import type { FileRecord } from "../datastore/file-records.ts";
import type { Universe } from "../dimensions/universe.ts";
import { createFormatterRegistry, type FormatterRegistry } from "../formatter-registry.ts";
import { createQuantumButler, type QuantumButler, type QuantumDescription } from "../quantum-butler.ts";
import { type ButlerConfig, readButlerConfig } from "../repository/butler-config.ts";
import { configureFormatters } from "../storage-classes/configured-formatters.ts";
import type { DataId, DatasetRef, DimensionRecord } from "../types.ts";
import { parseDatastoreRecords } from "./datastore-records.ts";

/** A dataset as a quantum graph foretells it. */
export interface PredictedDataset {
  readonly ref: DatasetRef;
  /** Values of the required and implied dimensions. */
  readonly dataId: DataId;
  /** Records of the data id by element: templates of file names and formatters use them. */
  readonly records: Readonly<Record<string, DimensionRecord>>;
}

/** What a quantum graph tells of the datasets of one quantum (or of any number of them). */
export interface QuantumSource {
  readonly universe: Universe;
  readonly inputs: readonly PredictedDataset[];
  readonly outputs: readonly PredictedDataset[];
  /** `datastore_records` of the graph. An input without records is looked for where a new file of it would be written:
   * the output of an earlier quantum. */
  readonly datastoreRecords?: Readonly<Record<string, unknown>>;
  /** The built-in ones unless given. */
  readonly formatters?: FormatterRegistry;
}

function plan(config: ButlerConfig, source: QuantumSource, dataset: PredictedDataset): LocatedDataset {
  const { universe } = source;
  const formatters = configureFormatters(
    source.formatters ?? createFormatterRegistry(),
    config.formatters,
    config.storageClasses,
  );
  const { ref, dataId, records } = dataset;
  const group = universe.completeGroup(ref.datasetType.dimensions);
  return planFile(config.templates, formatters, ref, { group, dataId, records });
}

function toLocated({ ref, records }: PredictedDataset, file: FileRecord): LocatedDataset {
  return {
    ref,
    path: file.path,
    formatter: file.formatter,
    storageClass: file.storageClass,
    records,
    ...(file.component === undefined ? {} : { component: file.component }),
  };
}

/**
 * Where a quantum's inputs are and its outputs will be: plain data. Reads `butler.yaml` and opens no database. Throws
 * `BUTLER.REPOSITORY_MISSING`, `BUTLER.REPOSITORY_INVALID`, `BUTLER.IMPORT_INVALID`, and what `planFile` throws.
 */
export async function describeQuantum(location: string, source: QuantumSource): Promise<QuantumDescription> {
  const config = await readButlerConfig(location);
  const stored = parseDatastoreRecords(source.datastoreRecords ?? {}, config.datastoreName);
  return {
    root: config.datastoreRoot,
    datastore: { name: config.datastoreName, table: config.fileTable },
    checksum: config.checksum,
    inputs: source.inputs.flatMap((dataset) => {
      const files = stored.get(dataset.ref.id) ?? [];
      return files.length === 0
        ? [plan(config, source, dataset)]
        : files.map((file) => toLocated(dataset, file));
    }),
    outputs: source.outputs.map((dataset) => plan(config, source, dataset)),
  };
}

/** A Butler for what a quantum graph tells of a quantum, over the repository at a path or URI, without its database. Throws as
 * `describeQuantum`. */
export async function openQuantumButler(location: string, source: QuantumSource): Promise<QuantumButler> {
  const { formatters = createFormatterRegistry() } = source;
  return createQuantumButler(await describeQuantum(location, { ...source, formatters }), formatters);
}
