import type { CheckOptions, CheckReport } from "../transfer/check-repository.ts";
import type { ImportOptions, ImportReport } from "../transfer/import-export-file.ts";

export type { CheckOptions, CheckReport, ImportOptions, ImportReport };

/** What the Butler does with data of other repositories. */
export interface TransferApi {
  /** Imports an export file (`export.yaml`) in one transaction: all of it, or nothing. Throws `BUTLER.IMPORT_INVALID`. */
  importFrom(path: string, options?: ImportOptions): Promise<ImportReport>;
  /** Checks the repository: files missing, changed, orphaned, half-written; with `repair` sets right what can be. */
  check(options?: CheckOptions): Promise<CheckReport>;
}
