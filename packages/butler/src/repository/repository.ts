import type { Clock } from "@almagest/base";
import type { Database } from "@almagest/database";
import type { Universe } from "../dimensions/universe.ts";

/** What every part of the Butler works on: one opened repository. */
export interface Repository {
  readonly root: string;
  readonly db: Database;
  readonly universe: Universe;
  readonly clock: Clock;
  readonly readOnly: boolean;
  /** The root is a folder on a local disk, where small files are best handled in blocking calls. */
  readonly localDisk: boolean;
  /** Name under which the datastore's files are recorded: `FileDatastore@<butlerRoot>`. */
  readonly datastoreName: string;
  /** Table of stored files: `file_datastore_records`. */
  readonly fileTable: string;
}
