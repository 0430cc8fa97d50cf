import type { Exposure } from "@almagest/images";
import {
  type DatasetHandle,
  defineTask,
  inputs,
  NoWorkFound,
  output,
  prerequisite,
} from "@almagest/pipeline";

type SkyMap = unknown;

import type { Table } from "@almagest/tables";
import { selectConnections } from "../select-connections.ts";
import { makeDirectWarp } from "./make-direct-warp.ts";
import { directWarpConfig } from "./warp-config.ts";

/** Resamples all detectors of one visit that touch a patch onto the patch's pixels, in nJy. */
export const directWarpTask = defineTask({
  name: "makeDirectWarp",
  pythonClasses: ["lsst.drp.tasks.make_direct_warp.MakeDirectWarpTask", "lsst.drp.tasks.MakeDirectWarpTask"],
  doc: "Resamples all detectors of one visit that touch a patch onto the patch's pixels, in nJy.",
  dimensions: ["instrument", "visit", "skymap", "tract", "patch"],
  config: directWarpConfig,
  connections(config) {
    const all = {
      calexp_list: inputs<DatasetHandle<Exposure>>({
        name: "preliminary_visit_image",
        storageClass: "ExposureF",
        doc: "Calibrated, background-subtracted images of the visit's detectors.",
        dimensions: ["instrument", "visit", "detector"],
        deferLoad: true,
      }),
      visit_summary: prerequisite<Table>({
        name: "visit_summary",
        storageClass: "ArrowTable",
        doc: "Improved astrometry and photometric scale per detector.",
        dimensions: ["instrument", "visit"],
      }),
      sky_map: prerequisite<SkyMap>({
        name: "skyMap",
        storageClass: "SkyMap",
        doc: "Tracts and patches.",
        dimensions: ["skymap"],
      }),
      warp: output<Exposure>({
        name: "direct_warp",
        storageClass: "ExposureF",
        doc: "The visit on the patch's pixels, nJy.",
        dimensions: ["instrument", "visit", "skymap", "tract", "patch"],
      }),
    };
    return selectConnections(all, { visit_summary: config.useVisitSummary });
  },
  async run(context, inputs) {
    const { exposure, metrics } = await makeDirectWarp(
      inputs.calexp_list,
      context.dataId,
      inputs.sky_map,
      inputs.visit_summary as Table | undefined,
      context.config,
    );
    if (exposure === undefined) throw new NoWorkFound("no pixel of this visit falls on the patch");
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { warp: exposure };
  },
});
