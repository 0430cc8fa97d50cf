import type { Database } from "@almagest/database";

/** Parts of the schema that have versions of their own, in the order in which they are migrated. */
export const TREES = ["attributes", "datastores", "datasets", "dimensions", "dimensions-config"] as const;

/** One of `TREES`. */
export type Tree = (typeof TREES)[number];

/** What a migration works with. */
export interface MigrationContext {
  readonly db: Database;
  /** What the user says of things that a repository does not tell; see each migration. */
  readonly options: Readonly<Record<string, string>>;
  readonly onProgress: (done: number, total: number) => void;
}

/** One step from a version of a part of the schema to the next. */
export interface Migration {
  readonly tree: Tree;
  /** Class of the manager, without its module; the namespace for dimension configurations. */
  readonly className: string;
  readonly from: string;
  readonly to: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  /** What runs before the step, in transactions of its own, while others read and write; continues what a killed one did. */
  readonly prepare?: (context: MigrationContext) => Promise<void>;
  /** The step, in one transaction that also stores the new version: all of it happens or nothing. */
  readonly run: (context: MigrationContext) => Promise<void>;
}
