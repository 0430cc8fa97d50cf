import type { Butler } from "@almagest/butler";

/** What graph building asks of a Butler. */
export type GraphSource = Pick<
  Butler,
  "universe" | "queryDataIdTable" | "queryDatasets" | "findDatasets" | "queryDatasetTypes" | "getCollection"
>;
