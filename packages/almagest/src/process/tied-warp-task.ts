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
import { directWarpConfig, makeDirectWarp } from "@almagest/tasks";
import { type FrameTie, type FrameTies, wcsFromCards } from "./frame-ties.ts";
import { frameKey } from "./process-frame.ts";

/** A frame with the WCS and flux scale that were settled for it. */
export function applyTie(exposure: Exposure, tie: FrameTie): Exposure {
  const wcs = tie.wcs === undefined ? exposure.wcs : wcsFromCards(tie.wcs);
  const scale = tie.nanojanskyPerUnit;
  return {
    ...exposure,
    ...(wcs === undefined ? {} : { wcs }),
    ...(scale === undefined || exposure.unit === "nJy"
      ? {}
      : { photoCalib: { nanojanskyPerUnit: scale, error: exposure.photoCalib?.error ?? 0 } }),
  };
}

function tieHandle(handle: DatasetHandle<Exposure>, tie: FrameTie): DatasetHandle<Exposure> {
  const get = async (): Promise<Exposure> => applyTie(await handle.get(), tie);
  return { ...handle, get: get as DatasetHandle<Exposure>["get"] };
}

/** Resamples the good frames of one visit onto a patch, with the positions and flux scales that tie frames to each other. */
export const tiedWarpTask = defineTask({
  name: "makeTiedWarp",
  pythonClasses: ["almagest.process.TiedWarpTask"],
  doc: "Resamples the good frames of one visit onto a patch, with the positions and flux scales that tie frames to each other.",
  dimensions: ["instrument", "visit", "skymap", "tract", "patch"],
  config: directWarpConfig,
  connections: () => ({
    calexp_list: inputs<DatasetHandle<Exposure>>({
      name: "preliminary_visit_image",
      storageClass: "ExposureF",
      doc: "Measured, background-subtracted images of the visit's detectors.",
      dimensions: ["instrument", "visit", "detector"],
      deferLoad: true,
    }),
    ties: prerequisite<FrameTies>({
      name: "frame_ties",
      storageClass: "StructuredDataDict",
      doc: "Which frames are good, and their positions and flux scales.",
      dimensions: ["instrument"],
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
  async run(context, { calexp_list: handles, ties, sky_map: skyMap }) {
    const good = handles.flatMap((handle) => {
      const tie = ties[frameKey(Number(handle.dataId.visit), Number(handle.dataId.detector))];
      return tie?.use ? [tieHandle(handle, tie)] : [];
    });
    if (good.length === 0) throw new NoWorkFound("every frame of this visit was rejected");
    const { exposure, metrics } = await makeDirectWarp(
      good,
      context.dataId,
      skyMap,
      context.config,
      context.log,
    );
    if (exposure === undefined) throw new NoWorkFound("no pixel of this visit falls on the patch");
    for (const [key, value] of Object.entries(metrics)) context.setMetadata(key, value);
    return { warp: exposure };
  },
});
