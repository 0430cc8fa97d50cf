import type { CollectionApi } from "./api/collection-api.ts";
import type { DatasetApi } from "./api/dataset-api.ts";
import type { QueryApi } from "./api/query-api.ts";
import type { RecordApi } from "./api/record-api.ts";
import type { TransferApi } from "./api/transfer-api.ts";
import type { Universe } from "./dimensions/universe.ts";

/** One repository: its dimension records, collections, datasets and files. */
export interface Butler extends RecordApi, CollectionApi, DatasetApi, QueryApi, TransferApi, AsyncDisposable {
  /** Root of the repository: a local path without trailing slash. */
  readonly root: string;
  readonly universe: Universe;
  readonly readOnly: boolean;
  /** Collections searched when a call names none. */
  readonly defaultCollections: readonly string[];
  /** Run written to when a call names none. */
  readonly defaultRun: string | undefined;
  /** Closes the database. */
  close(): Promise<void>;
}
