import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "../../packages/butler/src/index.ts";

/** Instrument of the benchmark repositories. */
export const CAM = "Cam";

/** Makes a repository with `visits` × `detectors` data ids for the dataset type `vd`. */
export async function newRepository(
  visits: number,
  detectors: number,
  runs: readonly string[] = [],
  where: { readonly database?: string; readonly folder?: string } = {},
): Promise<string> {
  const root = await mkdtemp(join(where.folder ?? tmpdir(), "almagest-bench-"));
  await createRepository(root, where.database === undefined ? {} : { database: where.database });
  await using butler = await openButler(root);
  await butler.transaction(async () => {
    await butler.insertRecords("instrument", [{ name: CAM }]);
    await butler.insertRecords("day_obs", [{ instrument: CAM, id: 20260101 }]);
    await butler.insertRecords("physical_filter", [{ instrument: CAM, name: "r", band: "r" }]);
    await butler.insertRecords(
      "detector",
      Array.from({ length: detectors }, (_, id) => ({ instrument: CAM, id, full_name: `D${id}` })),
    );
    await butler.insertRecords(
      "visit",
      Array.from({ length: visits }, (_, id) => ({
        instrument: CAM,
        id,
        name: `V${id}`,
        day_obs: 20260101,
        physical_filter: "r",
      })),
    );
    await butler.registerDatasetType({
      name: "vd",
      dimensions: ["visit", "detector"],
      storageClass: "StructuredDataDict",
      isCalibration: false,
    });
    for (const run of runs) await butler.registerRun(run);
  });
  return root;
}
