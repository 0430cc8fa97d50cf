import { AlmagestError } from "@almagest/base";
import type { GetOptions, LocatedDataset, OutputRecord } from "./api/dataset-api.ts";
import { readDatasetFile, writeDatasetFile } from "./datastore/dataset-files.ts";
import { readStored } from "./datastore/read-stored.ts";
import { locationOf, statStored } from "./datastore/stored-file.ts";
import type { FormatterRegistry } from "./formatter-registry.ts";
import { type DatastoreRecords, formatDatastoreRecords } from "./quantum/datastore-records.ts";
import type { DatasetRef } from "./types.ts";

/** All that one quantum may read and write: plain data, fit for structured clone into a worker. */
export interface QuantumDescription {
  /** Root of the repository. */
  readonly root: string;
  /** Name of its datastore and of the table that records files, for `datastoreRecords`. */
  readonly datastore?: { readonly name: string; readonly table: string };
  /** Several of one dataset where it is stored by component. */
  readonly inputs: readonly LocatedDataset[];
  readonly outputs: readonly LocatedDataset[];
  /** Compute checksums of outputs; true unless told. */
  readonly checksum?: boolean;
}

/** A Butler for one quantum: no database, only the datasets it was told of. */
export interface QuantumButler {
  readonly root: string;
  /** Reads an input, or an output written before. Throws `BUTLER.DATASET_MISSING` for a dataset it was not told of. */
  get(
    ref: DatasetRef,
    options?: Pick<GetOptions, "component" | "parameters" | "storageClass">,
  ): Promise<unknown>;
  /** Writes an output under its planned path (whole or not at all; again is fine) and gives the record to ingest. */
  put(value: unknown, ref: DatasetRef): Promise<OutputRecord>;
  /** True when the file of an input or output is there. */
  exists(ref: DatasetRef): Promise<boolean>;
  /** Records of what was put so far. */
  written(): readonly OutputRecord[];
  /** The same in the form of the original's documents. */
  datastoreRecords(): DatastoreRecords;
}

function unknownDataset(ref: DatasetRef, role: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.DATASET_MISSING",
    `'${ref.datasetType.name}' ${ref.id} is not among this quantum's ${role}.`,
    { fields: { id: ref.id, datasetType: ref.datasetType.name } },
  );
}

const DEFAULT_DATASTORE = { name: "FileDatastore@<butlerRoot>", table: "file_datastore_records" };

/** A Butler over the files of one quantum: reads inputs, writes outputs under their planned paths. */
export function createQuantumButler(
  description: QuantumDescription,
  formatters: FormatterRegistry,
): QuantumButler {
  const { root, checksum = true, datastore = DEFAULT_DATASTORE } = description;
  const outputs = new Map(description.outputs.map((located) => [located.ref.id, located]));
  const known = Map.groupBy([...description.inputs, ...description.outputs], ({ ref }) => ref.id);
  const done = new Map<string, OutputRecord>();
  return {
    root,
    get: async (ref, options = {}) => {
      const files = known.get(ref.id);
      if (files === undefined) throw unknownDataset(ref, "inputs");
      const { parameters } = options;
      return readStored(ref, files, options, formatters.storageClasses, (file, component) =>
        readDatasetFile(root, formatters, file, {
          ...(parameters === undefined ? {} : { parameters }),
          ...(component === undefined ? {} : { component }),
        }),
      );
    },
    put: async (value, ref) => {
      const located = outputs.get(ref.id);
      if (located === undefined) throw unknownDataset(ref, "outputs");
      const file = await writeDatasetFile(root, formatters, located, value, { overwrite: true, checksum });
      const record: OutputRecord = {
        ...located,
        sizeBytes: file.sizeBytes,
        ...(file.checksum === undefined ? {} : { checksum: file.checksum }),
      };
      done.set(ref.id, record);
      return record;
    },
    exists: async (ref) => {
      const files = known.get(ref.id) ?? [];
      const found = await Promise.all(files.map(({ path }) => statStored(locationOf(root, path))));
      return files.length > 0 && found.every((each) => each !== undefined);
    },
    written: () => [...done.values()],
    datastoreRecords: () => formatDatastoreRecords([...done.values()], datastore),
  };
}
