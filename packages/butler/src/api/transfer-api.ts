import type { ConfigurationProblem, ValidateOptions } from "../datastore/validate-configuration.ts";
import type { CheckOptions, CheckReport } from "../transfer/check-repository.ts";
import type { ExportOptions } from "../transfer/export-datasets.ts";
import type { ImportOptions, ImportReport } from "../transfer/import-export-file.ts";
import type { DatasetRef, DimensionRecord } from "../types.ts";

export type {
  CheckOptions,
  CheckReport,
  ConfigurationProblem,
  ExportOptions,
  ImportOptions,
  ImportReport,
  ValidateOptions,
};

/** What the Butler does with data of other repositories. */
export interface TransferApi {
  /** Imports an export file (`export.yaml`) in one transaction: all of it, or nothing. Throws `BUTLER.IMPORT_INVALID`. */
  importFrom(path: string, options?: ImportOptions): Promise<ImportReport>;
  /** Writes datasets with all records they need into a folder as `export.yaml`, in the original's format. */
  exportTo(folder: string, refs: readonly DatasetRef[], options?: ExportOptions): Promise<void>;
  /** Every record that datasets need, directly or through other records, by element in universe order. */
  collectRecords(refs: readonly DatasetRef[]): Promise<ReadonlyMap<string, readonly DimensionRecord[]>>;
  /** Checks the repository: files missing, changed, orphaned, half-written; with `repair` sets right what can be. */
  check(options?: CheckOptions): Promise<CheckReport>;
  /** Deletes those of these files, relative to the repository, that no dataset claims. */
  removeUnclaimed(paths: readonly string[]): Promise<void>;
  /** Dataset types whose files could not be named apart, written or read as the repository is configured. */
  validateConfiguration(options?: ValidateOptions): Promise<ConfigurationProblem[]>;
}
