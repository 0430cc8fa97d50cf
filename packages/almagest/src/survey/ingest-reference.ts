import type { Butler, IngestMode } from "@almagest/butler";

/** RUN that holds reference catalogues. */
export const REFERENCE_RUN = "refcats";

/** Ingests reference catalogue shards (Parquet), one per HTM pixel of level 7, as `refcat` datasets. */
export async function ingestReference(
  butler: Butler,
  shards: readonly { readonly htm7: number; readonly path: string }[],
  mode: IngestMode,
  run: string = REFERENCE_RUN,
): Promise<void> {
  await butler.registerDatasetType({
    name: "refcat",
    dimensions: ["htm7"],
    storageClass: "ArrowTable",
    isCalibration: false,
  });
  await butler.registerRun(run);
  await butler.ingest(
    shards.map(({ htm7, path }) => ({ path, datasetType: "refcat", dataId: { htm7 } })),
    { mode, run, skipExisting: true },
  );
}
