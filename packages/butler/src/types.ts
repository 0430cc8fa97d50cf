/** Value of one dimension in a data id. */
export type DataIdValue = string | number;

/** Names a datum by dimensions, such as `{instrument: "SimCam", visit: 12, detector: 3}`. */
export type DataId = Readonly<Record<string, DataIdValue>>;

/** What a dataset type is: its name, the dimensions that identify one dataset, and how it is stored. */
export interface DatasetType {
  readonly name: string;
  /** Dimension names; required ones suffice, the registry completes and orders them. */
  readonly dimensions: readonly string[];
  readonly storageClass: string;
  readonly isCalibration: boolean;
}

/** One dataset: its UUID, type, data id (required dimensions) and the RUN collection that holds it. */
export interface DatasetRef {
  readonly id: string;
  readonly datasetType: DatasetType;
  readonly dataId: DataId;
  readonly run: string;
}

/** Half-open time span in TAI nanoseconds since 1970-01-01 TAI; undefined is unbounded. */
export interface Timespan {
  readonly begin?: bigint;
  readonly end?: bigint;
}

/** A row of a dimension table: key and metadata fields by name; `region` is sphgeom bytes, `timespan` a Timespan. */
export type DimensionRecord = Readonly<
  Record<string, string | number | bigint | boolean | null | Uint8Array | Timespan>
>;

/** The kinds of collection. */
export type CollectionKind = "RUN" | "TAGGED" | "CHAINED" | "CALIBRATION";

/** Reads and writes the files of one storage class. Formatters know nothing of the registry; the Butler is given them. */
export interface Formatter<T = unknown> {
  /** Python class name stored with each file, such as `lsst.daf.butler.formatters.yaml.YamlFormatter`. */
  readonly name: string;
  /** File name extension with its dot. */
  readonly extension: string;
  /** Writes `value` to the local path (the caller gives a temporary name and renames it). */
  write(value: T, path: string): Promise<void>;
  /** As `write`, and calls `seen` with every byte of the file in order (valid during the call): spares reading a large file
   * again for its checksum. Optional. */
  writeSeen?(value: T, path: string, seen: (bytes: Uint8Array) => void): Promise<void>;
  /** The content of the file that `write` would make, where that is small and made in memory. Optional. */
  encode?(value: T): string | Uint8Array;
  /** The read parameters that it heeds; one that says none is trusted to refuse what it does not. Optional. */
  readonly parameters?: readonly string[];
  /** True for what is only read here: it does not take the place of a formatter that writes. */
  readonly readOnly?: true;
  /** Gives the large buffers of a value back to the thread's store, once nobody will use it again. Optional. */
  release?(value: T): void;
  /** Reads the whole value, or one component (`wcs`, `bbox`, `psf`, …), with optional read parameters
   * (`bbox` for a cutout, `columns` for a table). */
  read(path: string, options: ReadOptions): Promise<unknown>;
  /** The same from bytes in memory, where a format can: spares a dataset in an archive the way over a file. */
  decode?(bytes: Uint8Array, options: ReadOptions): Promise<unknown>;
}

/** What part of a dataset to read, and for whom. */
export interface ReadOptions {
  readonly component?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly dataId: DataId;
  /** Expanded dimension records of the data id, by element, where known. */
  readonly records?: Readonly<Record<string, DimensionRecord>>;
}
