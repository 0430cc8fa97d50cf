import type { Butler } from "@almagest/butler";

/** What the execution of a graph asks of a Butler; one over a repository's files without its database is `openGraphButler`. */
export type RunButler = Pick<
  Butler,
  | "root"
  | "readOnly"
  | "universe"
  | "registerRun"
  | "registerDatasetType"
  | "queryDatasetTypes"
  | "findDataset"
  | "get"
  | "put"
  | "locate"
  | "makeRefs"
  | "planOutputs"
  | "ingestOutputs"
  | "prune"
  | "removeUnclaimed"
>;
