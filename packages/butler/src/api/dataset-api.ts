import type { DataId, DatasetRef, DatasetType, DimensionRecord } from "../types.ts";

/** How ingest treats the files given to it; `split` is in-place for those within the repository, `direct` for others. */
export type IngestMode =
  | "copy"
  | "move"
  | "link"
  | "hardlink"
  | "symlink"
  | "relsymlink"
  | "direct"
  | "split"
  | "in-place";

/** How dataset ids come about: new ones, or made of type and data id, or of type, run and data id. */
export type IdMode = "unique" | "deterministic-type" | "deterministic";

/** One file that exists already and becomes a dataset. */
export interface IngestFile {
  /** Local path or URI; for `in-place` within the repository. */
  readonly path: string;
  readonly datasetType: string;
  readonly dataId: DataId;
  /** Name of a formatter in the registry; that of the dataset type unless told. */
  readonly formatter?: string;
  /** Id to use; otherwise one made as `idMode` says. */
  readonly id?: string;
  /** Component of the dataset that the file holds; the others come in files of their own under the same id. */
  readonly component?: string;
}

/** Where one dataset's file is (or will be) and what reads it: plain data, fit for structured clone. */
export interface LocatedDataset {
  readonly ref: DatasetRef;
  /** Relative to the repository root, or an absolute path or URI. */
  readonly path: string;
  readonly formatter: string;
  readonly storageClass: string;
  readonly component?: string;
  /** Records of the data id by element, for formatters that want them. */
  readonly records?: Readonly<Record<string, DimensionRecord>>;
}

/** A file written by a quantum, ready to be ingested. */
export interface OutputRecord extends LocatedDataset {
  readonly sizeBytes: number;
  /** BLAKE2b-512 hex. */
  readonly checksum?: string;
}

/** What `get` may be told. */
export interface GetOptions {
  readonly collections?: string | readonly string[];
  readonly component?: string;
  /** Give the value as one of this storage class. Throws `BUTLER.STORAGE_CLASS` where it does not convert. */
  readonly storageClass?: string;
  /** What part to read, such as `bbox` of an image or `columns` of a table. Throws `BUTLER.PARAMETER_UNKNOWN`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Compare the file with the checksum recorded when it was stored, where one was. Throws `BUTLER.FILE_CHANGED`. */
  readonly verify?: boolean;
}

/** What the Butler does with datasets and their files. */
export interface DatasetApi {
  /** Defines a dataset type; true if new. Throws `BUTLER.DATASET_TYPE_CONFLICT` when the name means something else. */
  registerDatasetType(datasetType: DatasetType): Promise<boolean>;
  /** Throws `BUTLER.DATASET_TYPE_MISSING`. Dimensions come complete: required, then implied. */
  getDatasetType(name: string): Promise<DatasetType>;
  queryDatasetTypes(glob?: string | readonly string[]): Promise<DatasetType[]>;
  /** Throws `BUTLER.DATASET_TYPE_IN_USE` when datasets of it exist. */
  removeDatasetType(name: string): Promise<void>;
  /** Stores a value as a new dataset. Throws `BUTLER.DATASET_CONFLICT` when run, type and data id exist. */
  put(
    value: unknown,
    datasetType: string,
    dataId: DataId,
    options?: { readonly run?: string; readonly id?: string },
  ): Promise<DatasetRef>;
  /** Reads a dataset; `type.component` reads one component. Throws `BUTLER.DATASET_MISSING`, `BUTLER.FILE_MISSING`. */
  get(ref: DatasetRef, options?: GetOptions): Promise<unknown>;
  get(datasetType: string, dataId: DataId, options?: GetOptions): Promise<unknown>;
  /** True when the dataset is registered and its file is there. */
  exists(ref: DatasetRef): Promise<boolean>;
  /** URI of a stored dataset's file. Throws `BUTLER.DATASET_MISSING`. */
  getUri(ref: DatasetRef): Promise<string>;
  /** Where the files of stored datasets are, parallel to `refs`; undefined where nothing is stored. */
  locate(refs: readonly DatasetRef[]): Promise<(LocatedDataset | undefined)[]>;
  /** All stored files of datasets with size and checksum, parallel to `refs`: several where a dataset is stored by
   * component, none where nothing is stored. */
  storedFiles(refs: readonly DatasetRef[]): Promise<(readonly OutputRecord[])[]>;
  /** Registers files that exist already. */
  ingest(
    files: readonly IngestFile[],
    options: {
      readonly mode: IngestMode;
      readonly run?: string;
      readonly skipExisting?: boolean;
      readonly idMode?: IdMode;
    },
  ): Promise<DatasetRef[]>;
  /** Makes references with new ids (UUIDv7) for datasets to be written later; touches nothing in the repository. */
  makeRefs(
    requests: readonly { readonly datasetType: DatasetType; readonly dataId: DataId }[],
    run: string,
  ): DatasetRef[];
  /** Registers datasets without files (their files come later by `ingestOutputs`). The same id again is fine; another id
   * for the same run, type and data id throws `BUTLER.DATASET_CONFLICT`. */
  registerDatasets(refs: readonly DatasetRef[]): Promise<void>;
  /** Plans the files of datasets to be written: path by template, formatter by type, dimension records attached. */
  planOutputs(refs: readonly DatasetRef[]): Promise<LocatedDataset[]>;
  /** Registers written files in one transaction. The same id again is fine; another id for the same run, type and data
   * id throws `BUTLER.DATASET_CONFLICT` and nothing of the batch is taken. */
  ingestOutputs(
    records: readonly OutputRecord[],
  ): Promise<{ readonly inserted: number; readonly present: number }>;
  /** Removes datasets' files and their records; with `purge` also the registry's memory of them. */
  prune(refs: readonly DatasetRef[], options?: { readonly purge?: boolean }): Promise<void>;
  /** Runs several writes as one: on an exception rows roll back and files written within it are deleted. */
  transaction<T>(body: () => Promise<T>): Promise<T>;
}
