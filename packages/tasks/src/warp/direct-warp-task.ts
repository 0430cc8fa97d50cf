import type { Exposure } from "@almagest/images";
import {
  type DatasetHandle,
  defineTask,
  inputs,
  NoWorkFound,
  output,
  prerequisite,
} from "@almagest/pipeline";

import type { SkyMap } from "@almagest/sphere";

import { makeDirectWarp } from "./make-direct-warp.ts";
import { directWarpConfig } from "./warp-config.ts";

/** Resamples all detectors of one visit that touch a patch onto the patch's pixels, in nJy. */
export const directWarpTask = defineTask({
  name: "makeDirectWarp",
  pythonClasses: ["lsst.drp.tasks.make_direct_warp.MakeDirectWarpTask", "lsst.drp.tasks.MakeDirectWarpTask"],
  doc: "Resamples all detectors of one visit that touch a patch onto the patch's pixels, in nJy.",
  dimensions: ["instrument", "visit", "skymap", "tract", "patch"],
  config: directWarpConfig,
  connections: () => ({
    calexp_list: inputs<DatasetHandle<Exposure>>({
      name: "preliminary_visit_image",
      storageClass: "ExposureF",
      doc: "Calibrated, background-subtracted images of the visit's detectors.",
      dimensions: ["instrument", "visit", "detector"],
      deferLoad: true,
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
  }),
  async run(context, inputs) {
    const { exposure, metrics } = await makeDirectWarp(
      inputs.calexp_list,
      context.dataId,
      inputs.sky_map,
      context.config,
      context.log,
    );
    if (exposure === undefined) throw new NoWorkFound("no pixel of this visit falls on the patch");
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { warp: exposure };
  },
});
