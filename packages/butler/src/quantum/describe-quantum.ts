import type { LocatedDataset } from "../api/dataset-api.ts";
import { planFile } from "../datastore/dataset-files.ts";
import { pathFrom } from "../datastore/datastore-chain.ts";
import type { FileDatastoreConfig } from "../datastore/datastore-config.ts";
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

type FileStore = Pick<FileDatastoreConfig, "name" | "root" | "templates" | "formatters" | "constraints">;

/** The datastores of files in their order. */
function fileStores(config: ButlerConfig): FileStore[] {
  const found = config.datastores.filter((store) => store.kind === "file");
  if (found.length > 0) return found;
  const { datastoreName: name, datastoreRoot: root, templates, formatters } = config;
  return [{ name, root, templates, formatters, constraints: [] }];
}

function plan(config: ButlerConfig, source: QuantumSource, dataset: PredictedDataset): LocatedDataset {
  const { universe, formatters = createFormatterRegistry() } = source;
  const { ref, dataId, records } = dataset;
  const group = universe.completeGroup(ref.datasetType.dimensions);
  const stores = fileStores(config);
  const accepts = ({ constraints }: FileStore): boolean =>
    constraints.every((each) => each.accepts(ref.datasetType, group, ref.dataId));
  const store = stores.find(accepts) ?? stores[0]!;
  const configured = configureFormatters(formatters, store.formatters, config.storageClasses);
  const located = planFile(store.templates, configured, ref, { group, dataId, records });
  return { ...located, path: pathFrom(config.datastoreRoot, store.root, located.path) };
}

/** Files of datasets by id, each of the first datastore whose records tell of it. */
function recordedFiles(
  config: ButlerConfig,
  document: QuantumSource["datastoreRecords"] = {},
): Map<string, FileRecord[]> {
  const found = new Map<string, FileRecord[]>();
  for (const { name, root } of fileStores(config)) {
    for (const [id, files] of parseDatastoreRecords(document, name)) {
      if (found.has(id) || files.length === 0) continue;
      const placed = files.map((file) => ({
        ...file,
        path: pathFrom(config.datastoreRoot, root, file.path),
      }));
      found.set(id, placed);
    }
  }
  return found;
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
  const stored = recordedFiles(config, source.datastoreRecords);
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
