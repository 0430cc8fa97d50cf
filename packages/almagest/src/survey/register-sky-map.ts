import type { Butler } from "@almagest/butler";
import { createSkyMap, encodeRegion, type SkyMap, type SkyMapConfig } from "@almagest/sphere";

/** RUN that holds sky maps. */
export const SKY_MAPS_RUN = "skymaps";

/** Registers a sky map: its records, the records of its tracts and patches, and the `skyMap` dataset. Calling it again
 * changes nothing. */
export async function registerSkyMap(butler: Butler, config: SkyMapConfig): Promise<SkyMap> {
  const skyMap = createSkyMap(config);
  await butler.registerDatasetType({
    name: "skyMap",
    dimensions: ["skymap"],
    storageClass: "SkyMap",
    isCalibration: false,
  });
  await butler.registerRun(SKY_MAPS_RUN);
  const known = await butler.queryRecords("skymap", {
    where: `skymap = '${config.name.replaceAll("'", "")}'`,
  });
  if (known.length === 0) await insertSkyMap(butler, skyMap);
  const dataId = { skymap: config.name };
  if ((await butler.findDataset("skyMap", dataId, { collections: SKY_MAPS_RUN })) === undefined) {
    await butler.put(skyMap, "skyMap", dataId, { run: SKY_MAPS_RUN });
  }
  return skyMap;
}

async function insertSkyMap(butler: Butler, skyMap: SkyMap): Promise<void> {
  const tracts = [...skyMap.tracts];
  await butler.transaction(async () => {
    await butler.insertRecords("skymap", [
      {
        name: skyMap.name,
        hash: skyMap.hash,
        tract_max: skyMap.tractCount,
        patch_nx_max: Math.max(...tracts.map((tract) => tract.patchCountX)),
        patch_ny_max: Math.max(...tracts.map((tract) => tract.patchCountY)),
      },
    ]);
    await butler.insertRecords(
      "tract",
      tracts.map((tract) => ({
        skymap: skyMap.name,
        id: tract.id,
        region: encodeRegion(tract.outerPolygon),
      })),
    );
    await butler.insertRecords(
      "patch",
      tracts.flatMap((tract) =>
        tract.patches().map((patch) => ({
          skymap: skyMap.name,
          tract: tract.id,
          id: patch.index,
          cell_x: patch.cellX,
          cell_y: patch.cellY,
          region: encodeRegion(patch.region),
        })),
      ),
    );
  });
}
