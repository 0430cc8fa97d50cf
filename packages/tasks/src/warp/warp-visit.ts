import type { Exposure } from "@almagest/images";
import {
  type Connection,
  type DatasetHandle,
  inputs,
  NoWorkFound,
  output,
  prerequisite,
  type TaskContext,
} from "@almagest/pipeline";
import type { SkyMap } from "@almagest/sphere";
import { makeDirectWarp } from "./make-direct-warp.ts";
import type { DirectWarpConfig } from "./warp-config.ts";

/** Dimensions of a visit on a patch. */
export const WARP_DIMENSIONS: readonly string[] = ["instrument", "visit", "skymap", "tract", "patch"];

/** What every task reads and writes that resamples a visit onto a patch. */
export function warpConnections(): {
  readonly calexp_list: Connection<DatasetHandle<Exposure>, true> & { kind: "input" };
  readonly sky_map: Connection<SkyMap, false> & { kind: "prerequisite" };
  readonly warp: Connection<Exposure, false> & { kind: "output" };
} {
  return {
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
      dimensions: WARP_DIMENSIONS,
    }),
  };
}

/** Resamples images of a quantum's visit onto its patch, and notes the figures. Throws `NoWorkFound` where none falls on it. */
export async function warpVisit(
  context: TaskContext<DirectWarpConfig>,
  handles: readonly DatasetHandle<Exposure>[],
  skyMap: SkyMap,
): Promise<{ readonly warp: Exposure }> {
  const { dataId, config, log } = context;
  const { exposure, metrics } = await makeDirectWarp(handles, dataId, skyMap, config, log);
  if (exposure === undefined) throw new NoWorkFound("no pixel of this visit falls on the patch");
  for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
  return { warp: exposure };
}
