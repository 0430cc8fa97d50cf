import type { Butler } from "../butler.ts";
import type { ButlerState } from "./butler-state.ts";
import { createCollectionMethods } from "./collection-methods.ts";
import { createQueryMethods } from "./query-methods.ts";
import { createReadMethods } from "./read-methods.ts";
import { createRecordMethods } from "./record-methods.ts";
import { createTransferMethods } from "./transfer-methods.ts";
import { createUndoLog } from "./undo-log.ts";
import { createWriteMethods } from "./write-methods.ts";

/** A Butler that works on the repository's own database and files. */
export function createDirectButler(state: ButlerState): Butler {
  const { repository } = state;
  const undo = createUndoLog();
  const close = (): Promise<void> => repository.db.close();
  return {
    root: repository.root,
    universe: repository.universe,
    readOnly: repository.readOnly,
    defaultCollections: state.defaultCollections,
    defaultRun: state.defaultRun,
    ...createRecordMethods(state),
    ...createCollectionMethods(state),
    ...createReadMethods(state),
    ...createWriteMethods(state, undo),
    ...createQueryMethods(state),
    ...createTransferMethods(state, undo),
    close,
    [Symbol.asyncDispose]: close,
  };
}
