import { defineTask, inputs, output, prerequisite } from "@almagest/pipeline";
import type { SkyMap } from "@almagest/sphere";
import { concatTables, type Table } from "@almagest/tables";
import { z } from "zod";
import { type BandTables, createObjectRows } from "./object-rows.ts";

const perBand = ["skymap", "tract", "patch", "band"];

/** Joins positions, detections and forced fluxes of a tract's patches into one object table. */
export const objectTableTask = defineTask({
  name: "consolidateObjectTable",
  pythonClasses: [
    "lsst.pipe.tasks.postprocess.ConsolidateObjectTableTask",
    "lsst.pipe.tasks.postprocess.WriteObjectTableTask",
  ],
  doc: "Joins positions, detections and forced fluxes of a tract's patches into one object table.",
  dimensions: ["skymap", "tract"],
  config: z.object({}),
  connections: () => ({
    positions: inputs<Table>({
      name: "object_positions",
      storageClass: "ArrowTable",
      doc: "Objects of each patch.",
      dimensions: ["skymap", "tract", "patch"],
    }),
    sources: inputs<Table>({
      name: "deep_coadd_sources",
      storageClass: "ArrowTable",
      doc: "Detections of each patch and band.",
      dimensions: perBand,
    }),
    forced: inputs<Table>({
      name: "object_forced",
      storageClass: "ArrowTable",
      doc: "Forced fluxes of each patch and band.",
      dimensions: perBand,
    }),
    skyMap: prerequisite<SkyMap>({
      name: "skyMap",
      storageClass: "SkyMap",
      doc: "Tracts and patches.",
      dimensions: ["skymap"],
    }),
    objects: output<Table>({
      name: "object",
      storageClass: "ArrowTable",
      doc: "The object table of the tract; rows with detect_isPrimary count each object once.",
      dimensions: ["skymap", "tract"],
    }),
  }),
  async run(context, { positions, sources, forced, skyMap }) {
    const ids = context.inputDataIds;
    const key = (patch: unknown, band: unknown): string => `${patch}/${band}`;
    const sourcesOf = new Map(
      sources.map((table, k) => [key(ids.sources![k]!.patch, ids.sources![k]!.band), table]),
    );
    const forcedOf = new Map(
      forced.map((table, k) => [key(ids.forced![k]!.patch, ids.forced![k]!.band), table]),
    );
    const bandNames = [...new Set(ids.forced!.map((id) => String(id.band)))].sort();
    const tablesOf = (patch: number, band: string): BandTables | undefined => {
      const own = { sources: sourcesOf.get(key(patch, band)), forced: forcedOf.get(key(patch, band)) };
      return own.sources && own.forced ? { sources: own.sources, forced: own.forced } : undefined;
    };
    const present = (patch: number): Map<string, BandTables> =>
      new Map(
        bandNames.flatMap((band) => {
          const tables = tablesOf(patch, band);
          return tables === undefined ? [] : [[band, tables] as const];
        }),
      );
    const patches = ids.positions!.map((id) => Number(id.patch));
    const templates = new Map(patches.flatMap((patch) => [...present(patch)]));
    const bands = new Map(
      bandNames.flatMap((band) => (templates.has(band) ? [[band, templates.get(band)!]] : [])),
    );
    const tables = positions.map((table, k) => {
      const patch = patches[k]!;
      const tract = Number(context.dataId.tract);
      return createObjectRows({ tract, patch, positions: table, bands: present(patch) }, skyMap, bands);
    });
    const objects = concatTables(tables);
    context.setMetadata("objects", objects.rows);
    return { objects };
  },
});
