import type { TransferApi } from "../api/transfer-api.ts";
import { validateConfiguration } from "../datastore/validate-configuration.ts";
import { checkRepository } from "../transfer/check-repository.ts";
import { collectRecords } from "../transfer/collect-records.ts";
import { exportTo } from "../transfer/export-datasets.ts";
import { importExportFile } from "../transfer/import-export-file.ts";
import { type ButlerState, requireWriteable } from "./butler-state.ts";
import { removeUnclaimed, type UndoLog } from "./undo-log.ts";

/** The methods of a Butler that exchange data with other repositories. */
export function createTransferMethods(state: ButlerState, undo: UndoLog): TransferApi {
  return {
    exportTo: (folder, refs, options = {}) => exportTo(state, folder, refs, options),
    validateConfiguration: (options) => validateConfiguration(state, options),
    collectRecords: (refs) => collectRecords(state, refs),
    check: async (options = {}) => {
      if (options.repair) requireWriteable(state);
      return checkRepository(state, options);
    },
    removeUnclaimed: async (paths) => {
      requireWriteable(state);
      for (const path of paths) await removeUnclaimed(state.repository, path);
    },
    importFrom: async (path, options = {}) => {
      requireWriteable(state);
      try {
        return await importExportFile(state, undo, path, options);
      } catch (error) {
        state.forget();
        throw error;
      }
    },
  };
}
