import type { Butler, IngestMode } from "@almagest/butler";
import { instrumentCollections } from "./ingest-raws.ts";

/** Ingests curated lists of bad pixels (JSON), one per detector, as `defects` valid for all time; once is enough. */
export async function ingestDefects(
  butler: Butler,
  instrument: string,
  files: readonly { readonly detector: number; readonly path: string }[],
  mode: IngestMode,
): Promise<void> {
  const { calibrations, unbounded } = instrumentCollections(instrument);
  await butler.registerDatasetType({
    name: "defects",
    dimensions: ["instrument", "detector"],
    storageClass: "Defects",
    isCalibration: true,
  });
  await butler.ingest(
    files.map(({ detector, path }) => ({ path, datasetType: "defects", dataId: { instrument, detector } })),
    { mode, run: unbounded, skipExisting: true },
  );
  const certified = new Set(
    (await butler.queryAssociations("defects", calibrations)).map(({ ref }) => ref.id),
  );
  const fresh = (await butler.queryDatasets("defects", { collections: unbounded })).filter(
    ({ id }) => !certified.has(id),
  );
  if (fresh.length > 0) await butler.certify(calibrations, fresh, {});
}
