import { defineTask } from "@almagest/pipeline";
import { directWarpConfig } from "./warp-config.ts";
import { WARP_DIMENSIONS, warpConnections, warpVisit } from "./warp-visit.ts";

/** Resamples all detectors of one visit that touch a patch onto the patch's pixels, in nJy. */
export const directWarpTask = defineTask({
  name: "makeDirectWarp",
  pythonClasses: ["lsst.drp.tasks.make_direct_warp.MakeDirectWarpTask", "lsst.drp.tasks.MakeDirectWarpTask"],
  doc: "Resamples all detectors of one visit that touch a patch onto the patch's pixels, in nJy.",
  dimensions: WARP_DIMENSIONS,
  config: directWarpConfig,
  connections: () => warpConnections(),
  run: (context, { calexp_list: handles, sky_map: skyMap }) => warpVisit(context, handles, skyMap),
});
